-- Roles.
INSERT INTO roles (name) VALUES
    ('viewer'),
    ('admin');

-- The user that the application acts as.
INSERT INTO users (id, email, display_name) VALUES
    ('00000000-0000-0000-0000-000000000000', 'system@dataforeman.local', 'System');

-- The connection that the application's own figures belong to.
INSERT INTO connections (name, type, is_system_connection) VALUES
    ('System', 'system', true);

-- Poll groups.
INSERT INTO poll_groups (group_id, name, poll_rate_ms, description) VALUES
    (1, 'Ultra Fast', 50, 'Critical real-time control (50ms)'),
    (2, 'Very Fast', 100, 'High-speed monitoring (100ms)'),
    (3, 'Fast', 250, 'Fast process control (250ms)'),
    (4, 'Normal', 500, 'Standard monitoring (500ms)'),
    (5, 'Standard', 1000, 'Default polling rate (1s)'),
    (6, 'Slow', 2000, 'Slow changing values (2s)'),
    (7, 'Very Slow', 5000, 'Infrequent updates (5s)'),
    (8, 'Diagnostic', 10000, 'Equipment diagnostics (10s)'),
    (9, 'Hourly', 60000, 'Hourly statistics (1min)'),
    (10, 'Custom', 30000, 'Custom/flexible rate (30s)');

-- Units.
INSERT INTO units_of_measure (name, symbol, category) VALUES
    ('Degrees Celsius', '°C', 'Temperature'),
    ('Degrees Fahrenheit', '°F', 'Temperature'),
    ('Kelvin', 'K', 'Temperature'),
    ('Pascal', 'Pa', 'Pressure'),
    ('Kilopascal', 'kPa', 'Pressure'),
    ('Bar', 'bar', 'Pressure'),
    ('Millibar', 'mbar', 'Pressure'),
    ('PSI', 'psi', 'Pressure'),
    ('Atmosphere', 'atm', 'Pressure'),
    ('Liters per second', 'L/s', 'Flow'),
    ('Liters per minute', 'L/min', 'Flow'),
    ('Cubic meters per hour', 'm³/h', 'Flow'),
    ('Cubic feet per minute', 'CFM', 'Flow'),
    ('Gallons per minute', 'GPM', 'Flow'),
    ('Millimeter', 'mm', 'Level'),
    ('Centimeter', 'cm', 'Level'),
    ('Meter', 'm', 'Level'),
    ('Inch', 'in', 'Level'),
    ('Foot', 'ft', 'Level'),
    ('Percent', '%', 'Level'),
    ('Volt', 'V', 'Electrical'),
    ('Millivolt', 'mV', 'Electrical'),
    ('Ampere', 'A', 'Electrical'),
    ('Milliampere', 'mA', 'Electrical'),
    ('Watt', 'W', 'Electrical'),
    ('Kilowatt', 'kW', 'Electrical'),
    ('Megawatt', 'MW', 'Electrical'),
    ('Volt-Ampere', 'VA', 'Electrical'),
    ('Kilovolt-Ampere', 'kVA', 'Electrical'),
    ('Ohm', 'Ω', 'Electrical'),
    ('Hertz', 'Hz', 'Electrical'),
    ('Meters per second', 'm/s', 'Speed'),
    ('Kilometers per hour', 'km/h', 'Speed'),
    ('Miles per hour', 'mph', 'Speed'),
    ('RPM', 'rpm', 'Speed'),
    ('Gram', 'g', 'Mass'),
    ('Kilogram', 'kg', 'Mass'),
    ('Tonne', 't', 'Mass'),
    ('Pound', 'lb', 'Mass'),
    ('Ounce', 'oz', 'Mass'),
    ('Milliliter', 'mL', 'Volume'),
    ('Liter', 'L', 'Volume'),
    ('Cubic meter', 'm³', 'Volume'),
    ('Gallon', 'gal', 'Volume'),
    ('Cubic foot', 'ft³', 'Volume'),
    ('Second', 's', 'Time'),
    ('Minute', 'min', 'Time'),
    ('Hour', 'h', 'Time'),
    ('Count', 'count', 'Dimensionless'),
    ('Boolean', 'bool', 'Dimensionless'),
    ('Percentage', '%', 'Dimensionless'),
    ('Parts per million', 'ppm', 'Dimensionless');
