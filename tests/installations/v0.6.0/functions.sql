-- One function per table that keeps updated_at.
CREATE FUNCTION update_mqtt_connections_timestamp() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at = now();
  RETURN NEW;
END;
$$;
CREATE FUNCTION update_mqtt_credential_groups_timestamp() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at = now();
  RETURN NEW;
END;
$$;
CREATE FUNCTION update_mqtt_devices_timestamp() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at = now();
  RETURN NEW;
END;
$$;
CREATE FUNCTION update_mqtt_publisher_mappings_timestamp() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at = now();
  RETURN NEW;
END;
$$;
CREATE FUNCTION update_mqtt_publishers_timestamp() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at = now();
  RETURN NEW;
END;
$$;
CREATE FUNCTION update_mqtt_subscriptions_timestamp() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at = now();
  RETURN NEW;
END;
$$;
CREATE FUNCTION update_sparkplug_configs_timestamp() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at = now();
  RETURN NEW;
END;
$$;
CREATE FUNCTION update_sparkplug_discovery_timestamp() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at = now();
  RETURN NEW;
END;
$$;
CREATE FUNCTION update_sparkplug_metric_mappings_timestamp() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at = now();
  RETURN NEW;
END;
$$;

-- The connection of the internal broker stays as it is.
CREATE FUNCTION prevent_system_connection_delete() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.is_system = true THEN
    RAISE EXCEPTION 'Cannot delete system connection';
  END IF;
  RETURN OLD;
END;
$$;
CREATE FUNCTION prevent_system_connection_update() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.is_system = true AND NEW.is_system = true THEN
    IF (
      OLD.broker_host       IS DISTINCT FROM NEW.broker_host       OR
      OLD.broker_port       IS DISTINCT FROM NEW.broker_port       OR
      OLD.protocol          IS DISTINCT FROM NEW.protocol          OR
      OLD.client_id_prefix  IS DISTINCT FROM NEW.client_id_prefix  OR
      OLD.connection_id     IS DISTINCT FROM NEW.connection_id
    ) THEN
      RAISE EXCEPTION 'Cannot modify critical system connection properties';
    END IF;
  END IF;
  RETURN NEW;
END;
$$;
