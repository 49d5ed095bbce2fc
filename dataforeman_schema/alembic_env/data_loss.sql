DO {quote}
-- Counts what the statements would lose, and refuses it; nothing of what it tries stays.
DECLARE
  most CONSTANT bigint := 100000;  -- counting what field whole stops after this many
  statements CONSTANT text[] := {statements};
  -- The table whose rows a statement deletes by its name; NULL: it guards itself.
  owns CONSTANT text[] := {owns};
  known CONSTANT jsonb := {known};
  present CONSTANT jsonb := {present};  -- what they make themselves, they may drop
  lost jsonb := known;
  going jsonb := '[]';  -- what may go, and at which statement
  counts jsonb;
  before jsonb;
  after jsonb;
  item record;
  field record;
  relation record;
  hit bigint;
  n bigint;
  kept bigint;
  form text;
  words text;
BEGIN
  FOR pass IN 1..2 LOOP
    BEGIN
      FOR i IN 1..cardinality(statements) LOOP
        IF owns[i] IS NULL THEN
          EXECUTE statements[i];
          CONTINUE;
        END IF;
        {snapshot} INTO before;
        -- What it may lose, as the first try has shown, is counted before it.
        counts := '{}';
        FOR item IN SELECT * FROM jsonb_to_recordset(going) AS entry (
                    step int, kind text, "table" oid, part int, key text)
                   WHERE step = i LOOP
          SELECT attname AS name, format_type(atttypid, atttypmod) AS type,
                 CASE atttypid WHEN 'numeric'::regtype THEN 'trim_scale(%s)::text'
                 WHEN 'json'::regtype THEN '(%s)::jsonb::text' ELSE '(%s)::text' END
                 AS form, pg_get_expr(adbin, adrelid) AS standard
            INTO field FROM pg_attribute
            LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
           WHERE attrelid = item."table" AND attnum = item.part;
          PERFORM set_config('row_security', 'off', true);  -- what it hides is lost, too
          n := 0;
          CASE item.kind
          WHEN 'table' THEN
            EXECUTE format('SELECT count(*) FROM (SELECT FROM %s LIMIT %s) AS first',
                           item."table"::regclass, most) INTO n;
          WHEN 'rows' THEN
            EXECUTE format('SELECT count(*) FROM %s', item."table"::regclass) INTO n;
          WHEN 'nulled' THEN
            EXECUTE format('SELECT count(%I) FROM %s', field.name, item."table"::regclass)
              INTO n;
          WHEN 'column' THEN
            -- Only of a constant does the server know that nobody chose item.
            IF field.standard !~
              $re$^\(?(-?[0-9.]+|'([^']|'')*'|true|false)\)?(::[^()]+(\([0-9, ]+\))?[^()]*)?$$re$
            THEN
              field.standard := NULL;
            END IF;
            EXECUTE format(
              'SELECT count(*) FROM (SELECT FROM %s WHERE %I IS NOT NULL AND '
              || field.form || ' IS DISTINCT FROM ' || field.form || ' LIMIT %s) AS first',
              item."table"::regclass, field.name, quote_ident(field.name),
              format('(%s)::%s', coalesce(field.standard, 'NULL'), field.type), most)
              INTO n;
          WHEN 'type' THEN
            EXECUTE format('CREATE TEMP TABLE %I ON COMMIT DROP AS SELECT '
              'hashtextextended(' || field.form || ', 0) AS value FROM %s '
              'WHERE %I IS NOT NULL', 'data_loss ' || i || item.key,
              quote_ident(field.name), item."table"::regclass, field.name);
            EXECUTE format('SELECT count(*) FROM pg_temp.%I',
                           'data_loss ' || i || item.key) INTO n;
          WHEN 'buckets' THEN
            EXECUTE replace({buckets}, '@view@', quote_literal(item."table"::regclass));
          ELSE NULL;
          END CASE;
          counts := counts || jsonb_build_object(item.key, jsonb_build_object(
            'n', n, 'name', field.name, 'type', field.type, 'form', field.form));
        END LOOP;

        BEGIN
          EXECUTE statements[i];
        EXCEPTION WHEN string_data_right_truncation THEN
          -- The server refuses to cut texts, and does not say how many.
          words := regexp_replace(statements[i],
            '^(ALTER TABLE .* ALTER (?:COLUMN )?(\S+) (?:SET DATA )?TYPE'
            ' ((?:(?! USING ).)*))$',
            '\1 USING \2::\3', 'i');
          IF words = statements[i] THEN
            RAISE;
          END IF;
          EXECUTE words;
        END;
        GET DIAGNOSTICS hit = ROW_COUNT;
        {snapshot} INTO after;
        -- The first try finds what may be lost, the second compares what is left of it.
        FOR relation IN
          SELECT was.key AS root, was.value ->> 'name' AS name,
                 (now.value ->> 'deleted')::bigint - (was.value ->> 'deleted')::bigint
                 AS deleted, now.value AS now,
                 (now.value ->> 'deleted')::bigint - (was.value ->> 'deleted')::bigint
                 -- A row that moves to another partition is deleted and inserted.
                 - CASE WHEN (was.value ->> 'split')::boolean
                        THEN (now.value ->> 'inserted')::bigint
                           - (was.value ->> 'inserted')::bigint ELSE 0 END
                 - own AS unowned, own, was.value AS was
            FROM jsonb_each(before) AS was LEFT JOIN jsonb_each(after) AS now USING (key),
                 LATERAL (SELECT CASE WHEN to_regclass(nullif(owns[i], '')) = was.key::oid
                                      THEN hit ELSE 0 END AS own) AS owned
        LOOP
          IF pass = 1 THEN
            going := going || coalesce((
              SELECT jsonb_agg(jsonb_build_object(
                'step', i, 'kind', kind, 'table', oid, 'part', part,
                'key', kind || ' ' || oid || '.' || coalesce(part, '')))
              FROM (
                SELECT CASE
                  WHEN relation.now IS NULL AND relation.was ? 'aggregate' THEN
                    CASE WHEN to_regclass(relation.name) IS NULL THEN 'buckets' END
                  WHEN relation.now IS NULL THEN  -- or it is made anew
                    CASE WHEN to_regclass(relation.name) IS NULL THEN 'table'
                         ELSE 'rows' END
                  WHEN EXISTS (
                    SELECT FROM jsonb_each(relation.was -> 'parts') AS part
                     WHERE relation.now -> 'parts' -> key <> value
                        OR NOT EXISTS (SELECT FROM pg_class WHERE oid = key::oid))
                  THEN 'rows'
                  WHEN relation.unowned > 0 THEN 'deleted' END AS kind,
                  relation.root AS oid, NULL::text AS part
                UNION ALL
                SELECT CASE WHEN relation.now -> 'columns' ? key THEN 'type'
                            ELSE 'column' END,
                       split_part(key, '.', 1), split_part(key, '.', 2)
                  FROM jsonb_each(relation.was -> 'columns')
                 WHERE relation.now -> 'columns' -> key IS DISTINCT FROM value
                   AND relation.now IS NOT NULL
                UNION ALL
                SELECT DISTINCT 'nulled', relation.root, number::text
                  FROM pg_constraint,
                       unnest(coalesce(confdelsetcols, conkey)) AS emptied (number)
                 WHERE conrelid = relation.root::oid AND contype = 'f'
                   AND confdeltype IN ('n', 'd')
                   AND (relation.now -> 'updated') > (relation.was -> 'updated')
              ) AS found
              WHERE kind IS NOT NULL AND present ? concat_ws('.', oid, part)), '[]');
            CONTINUE;
          END IF;
          FOR item IN SELECT entry.*, counted.value AS was
                        FROM jsonb_to_recordset(going) AS entry (
                          step int, kind text, "table" oid, part int, key text)
                        JOIN jsonb_each(counts) AS counted USING (key)
                       WHERE step = i AND (entry."table" = relation.root::oid
                          OR relation.was -> 'columns' ? (entry."table" || '.' || part)) LOOP
            n := (item.was ->> 'n')::bigint;
            words := relation.name;
            IF item.part IS NOT NULL THEN
              words := format('%s.%I', item."table"::regclass, item.was ->> 'name');
            END IF;
            CASE item.kind
            WHEN 'rows' THEN
              EXECUTE format('SELECT count(*) FROM %s',
                CASE WHEN relation.now IS NULL THEN relation.name
                     ELSE item."table"::regclass::text END) INTO kept;
              n := n - kept - relation.own;
            WHEN 'deleted' THEN
              n := relation.unowned;
            WHEN 'nulled' THEN
              EXECUTE format('SELECT count(%I) FROM %s',
                             item.was ->> 'name', item."table"::regclass) INTO kept;
              n := n - kept;
              IF n <= relation.deleted THEN
                n := 0;  -- a row that went took its values along
              END IF;
            WHEN 'type' THEN
              -- A value is kept if it can be had back; how, only its author knows.
              FOREACH form IN ARRAY ARRAY['(%s AT TIME ZONE ''UTC'')::%s', '(%s)::%s',
                                          '(%s)::text::%s'] LOOP
                BEGIN
                  EXECUTE format(
                    'SELECT count(*) FROM (SELECT value FROM pg_temp.%I EXCEPT ALL '
                    'SELECT hashtextextended(' || (item.was ->> 'form') || ', 0) '
                    'FROM %s) AS cut', 'data_loss ' || i || item.key,
                    format(form, quote_ident((SELECT attname FROM pg_attribute
                      WHERE attrelid = item."table" AND attnum = item.part)),
                      item.was ->> 'type'), item."table"::regclass) INTO kept;
                  n := least(n, kept);
                  EXIT WHEN form = '(%s)::%s';
                EXCEPTION WHEN data_exception OR cannot_coerce OR undefined_function
                            OR check_violation THEN NULL;
                END;
              END LOOP;
            ELSE NULL;
            END CASE;
            IF n > 0 THEN
              form := CASE WHEN item.part IS NULL THEN 'rows' ELSE 'values' END;
              lost := lost || jsonb_build_object(form, coalesce(lost -> form, '{}')
                || jsonb_build_object(words, n + coalesce(
                  (lost -> form ->> words)::bigint, 0)));
            END IF;
          END LOOP;
        END LOOP;
      END LOOP;
      RAISE EXCEPTION 'undone' USING ERRCODE = 'DL001';
    EXCEPTION WHEN SQLSTATE 'DL001' THEN NULL;
    END;
    EXIT WHEN going = '[]' OR pass = 2;
    FOR item IN SELECT DISTINCT entry ->> 'table' AS oid,
                     entry ->> 'kind' IN ('table', 'column', 'type') AS whole
                FROM jsonb_array_elements(going) AS entry
               WHERE entry ->> 'kind' <> 'buckets' LOOP
      EXECUTE format('LOCK TABLE %s IN %s MODE', item.oid::oid::regclass,
                     CASE WHEN item.whole THEN 'ACCESS EXCLUSIVE'
                          ELSE 'SHARE ROW EXCLUSIVE' END);
    END LOOP;
  END LOOP;
  IF lost <> known THEN
    SELECT string_agg(format('%s of %s', what, listed), ' and ' ORDER BY what) INTO words
      FROM (SELECT what, string_agg(
                     format('%s (%s%s)', name, CASE WHEN number::bigint >= most
                            THEN 'at least ' ELSE '' END, number),
                     ', ' ORDER BY name COLLATE "C") AS listed
              FROM jsonb_each(lost) AS kind (what, tables),
                   jsonb_each_text(tables) AS counted (name, number)
             GROUP BY what) AS lists;
    RAISE EXCEPTION USING ERRCODE = '{state}', DETAIL = lost,
      MESSAGE = format({message}, words);
  END IF;
END
{quote}
