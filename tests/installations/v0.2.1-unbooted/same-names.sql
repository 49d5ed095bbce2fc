-- Fifty tags have one name, up to five on the same connection: until v0.5 they may.
UPDATE tag_metadata SET tag_name = 'Pump speed' WHERE tag_path ~ '^DB1\.tag\d*[05]0$';
