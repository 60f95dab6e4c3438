-- A relation says that records of two pipelines, or of one, belong together. It is a field at both ends.
CREATE TABLE relations (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Whether a record at that end is linked to one other record at most.
    from_one boolean NOT NULL,
    to_one   boolean NOT NULL,
    UNIQUE (id, from_one, to_one)
);

ALTER TABLE fields
    ADD COLUMN relation_id bigint REFERENCES relations (id),
    ADD COLUMN relation_side text CHECK (relation_side IN ('from', 'to'));
ALTER TABLE fields DROP CONSTRAINT fields_kind_check;
ALTER TABLE fields ADD CONSTRAINT fields_kind_check CHECK (kind IN ('text', 'long_text', 'number', 'money', 'percent', 'rating', 'duration',
    'date', 'datetime', 'checkbox', 'select', 'multi_select', 'email', 'phone', 'url', 'relation'));
ALTER TABLE fields ADD CONSTRAINT fields_relation_check
    CHECK ((kind = 'relation') = (relation_id IS NOT NULL) AND (relation_id IS NULL) = (relation_side IS NULL));
CREATE UNIQUE INDEX fields_relation_key ON fields (relation_id, relation_side) WHERE relation_id IS NOT NULL;

CREATE TABLE links (
    from_id     bigint NOT NULL REFERENCES records (id) ON DELETE CASCADE,
    relation_id bigint NOT NULL,
    to_id       bigint NOT NULL REFERENCES records (id) ON DELETE CASCADE,
    -- As the relation says: what makes the indexes below unique.
    from_one    boolean NOT NULL,
    to_one      boolean NOT NULL,
    PRIMARY KEY (from_id, relation_id, to_id),
    FOREIGN KEY (relation_id, from_one, to_one) REFERENCES relations (id, from_one, to_one)
);
CREATE INDEX links_to_idx ON links (to_id, relation_id, from_id);
CREATE UNIQUE INDEX links_from_one_key ON links (from_id, relation_id) WHERE from_one;
CREATE UNIQUE INDEX links_to_one_key ON links (to_id, relation_id) WHERE to_one;

-- The pipelines that came with Oneo get the relations that they have now. What stood in their fields as text stays there, and leads to the
-- record that has this very title.
DO $$
DECLARE
    wish record;
    relation bigint;
    from_key text;
    to_key text;
BEGIN
    FOR wish IN
        SELECT f.id AS from_pipeline, t.id AS to_pipeline, w.*
        FROM (VALUES
            (1, 'contacts', 'organization', 'Organization', 'organizations', 'contacts', 'Contacts', 'company'),
            (2, 'deals', 'organization', 'Organization', 'organizations', 'deals', 'Deals', 'company'),
            (3, 'deals', 'contact', 'Contact', 'contacts', 'deals', 'Deals', 'contact'),
            (4, 'activities', 'contact', 'Contact', 'contacts', 'activities', 'Activities', 'with'),
            (5, 'activities', 'organization', 'Organization', 'organizations', 'activities', 'Activities', NULL),
            (6, 'activities', 'deal', 'Deal', 'deals', 'activities', 'Activities', NULL)
        ) AS w (n, from_name, from_wish, from_label, to_name, to_wish, to_label, text_slot)
        JOIN pipelines f ON f.key = w.from_name AND f.deleted_at IS NULL
        JOIN pipelines t ON t.key = w.to_name AND t.deleted_at IS NULL
        WHERE (SELECT count(*) FROM fields WHERE pipeline_id = f.id AND deleted_at IS NULL) < 200
            AND (SELECT count(*) FROM fields WHERE pipeline_id = t.id AND deleted_at IS NULL) < 200
        ORDER BY w.n
    LOOP
        -- Keys of fields never change; a taken one is avoided.
        SELECT k INTO from_key FROM (VALUES (1, wish.from_wish), (2, wish.from_wish || '_link'), (3, wish.from_wish || '_link_2')) AS v (n, k)
            WHERE NOT EXISTS (SELECT FROM fields WHERE pipeline_id = wish.from_pipeline AND k IN (key, slot)) ORDER BY n LIMIT 1;
        SELECT k INTO to_key FROM (VALUES (1, wish.to_wish), (2, wish.to_wish || '_link'), (3, wish.to_wish || '_link_2')) AS v (n, k)
            WHERE NOT EXISTS (SELECT FROM fields WHERE pipeline_id = wish.to_pipeline AND k IN (key, slot)) ORDER BY n LIMIT 1;
        CONTINUE WHEN from_key IS NULL OR to_key IS NULL;
        INSERT INTO relations (from_one, to_one) VALUES (true, false) RETURNING id INTO relation;
        INSERT INTO fields (pipeline_id, key, slot, kind, label, position, relation_id, relation_side)
            SELECT wish.from_pipeline, from_key, from_key, 'relation',
                wish.from_label || CASE WHEN bool_or(label ILIKE wish.from_label AND deleted_at IS NULL) THEN ' (linked)' ELSE '' END,
                coalesce(max(position), 0) + 1, relation, 'from'
            FROM fields WHERE pipeline_id = wish.from_pipeline;
        INSERT INTO fields (pipeline_id, key, slot, kind, label, position, relation_id, relation_side)
            SELECT wish.to_pipeline, to_key, to_key, 'relation',
                wish.to_label || CASE WHEN bool_or(label ILIKE wish.to_label AND deleted_at IS NULL) THEN ' (linked)' ELSE '' END,
                coalesce(max(position), 0) + 1, relation, 'to'
            FROM fields WHERE pipeline_id = wish.to_pipeline;
        IF wish.text_slot IS NOT NULL THEN
            INSERT INTO links (from_id, relation_id, to_id, from_one, to_one)
                SELECT r.id, relation, t.id, true, false
                FROM records r
                JOIN (SELECT title, min(id) AS id FROM records WHERE pipeline_id = wish.to_pipeline AND deleted_at IS NULL AND title <> ''
                    GROUP BY title HAVING count(*) = 1) AS t ON t.title = r.data->>wish.text_slot
                WHERE r.pipeline_id = wish.from_pipeline;
        END IF;
    END LOOP;
    UPDATE pipelines p SET version = version + 1, derived = derived + 1
        WHERE EXISTS (SELECT FROM fields f WHERE f.pipeline_id = p.id AND f.kind = 'relation');
END $$;
