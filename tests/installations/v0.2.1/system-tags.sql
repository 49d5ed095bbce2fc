-- The tags of the System connection, which the application adds when it starts:
-- tag_id 1 to 19, as in system_metrics of the telemetry database.
INSERT INTO tag_metadata (
    connection_id, driver_type, tag_path, tag_name, data_type,
    is_subscribed, status, metadata
)
SELECT
    connections.id, 'SYSTEM', tag.path, tag.name, 'REAL',
    true, 'active', '{"source": "system_metrics"}'
FROM connections, (
    VALUES
        ('cpu_load1', 'CPU Load (1min)'),
        ('cpu_cap', 'CPU Capacity'),
        ('cpu_pct', 'CPU Usage %'),
        ('cpu_host_pct', 'CPU Host %'),
        ('mem_used_bytes', 'Memory Used (bytes)'),
        ('mem_limit_bytes', 'Memory Limit (bytes)'),
        ('mem_pct', 'Memory Usage %'),
        ('disk_used_bytes', 'Disk Used (bytes)'),
        ('disk_size_bytes', 'Disk Size (bytes)'),
        ('disk_pct', 'Disk Usage %'),
        ('net_rx_bps', 'Network RX (bps)'),
        ('net_tx_bps', 'Network TX (bps)'),
        ('last_flush_count', 'Last Flush Count'),
        ('last_flush_ms', 'Last Flush Time (ms)'),
        ('connectivity_groups', 'Connectivity Groups'),
        ('worst_eff_ms', 'Worst Efficiency (ms)'),
        ('worst_target_ms', 'Worst Target (ms)'),
        ('worst_eff_ratio', 'Worst Efficiency Ratio'),
        ('total_lock_wait_ms', 'Total Lock Wait (ms)')
) AS tag (path, name)
WHERE connections.is_system_connection;
