//! A tenant's tables, without a schema: only the transaction's search path says whose they are.
//! They follow `migrations/tenant`; a test compares the two.

diesel::table! {
    users (id) {
        id -> BigInt,
        username -> Text,
        email -> Text,
        password_hash -> Nullable<Text>,
        first_name -> Text,
        last_name -> Text,
        is_active -> Bool,
        is_staff -> Bool,
        user_type -> Text,
        manager_id -> Nullable<BigInt>,
        metadata -> Jsonb,
        tenant_permissions -> Jsonb,
        date_joined -> Timestamptz,
        last_login -> Nullable<Timestamptz>,
        session_epoch -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
        locale -> Text,
        theme -> Text,
        photo -> Nullable<Bytea>,
        photo_hash -> Nullable<Text>,
        must_change_password -> Bool,
        username_key -> Text,
        email_key -> Text,
        email_unicode_key -> Text,
        name_key -> Text,
    }
}

diesel::table! {
    roles (key) {
        key -> Text,
        name -> Text,
        is_system -> Bool,
        permissions -> Jsonb,
        description -> Text,
        name_key -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    user_roles (user_id, role_key) {
        user_id -> BigInt,
        role_key -> Text,
    }
}

diesel::table! {
    quota (singleton) {
        singleton -> Bool,
        max_users -> Integer,
        active_users -> Integer,
        active_owners -> Integer,
    }
}

diesel::table! {
    job_checkpoints (job_id) {
        job_id -> BigInt,
        position -> Jsonb,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    job_rows (job_id, line) {
        job_id -> BigInt,
        line -> BigInt,
        user_id -> Nullable<BigInt>,
        outcome -> Text,
        detail -> Jsonb,
        version -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    user_fields (key) {
        key -> Text,
        label -> Text,
        label_key -> Text,
        kind -> Text,
        choices -> Jsonb,
        is_required -> Bool,
        is_unique -> Bool,
        position -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    user_field_values (field_key, value_key) {
        field_key -> Text,
        value_key -> Text,
        user_id -> BigInt,
    }
}

diesel::table! {
    tenant_settings (id) {
        id -> BigInt,
        setting_key -> Text,
        setting_value -> Jsonb,
        is_public -> Bool,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    audit_log (id) {
        id -> BigInt,
        seq -> BigInt,
        at -> Timestamptz,
        actor_kind -> Text,
        actor_id -> Nullable<BigInt>,
        actor_label -> Text,
        on_behalf_of -> Nullable<Text>,
        action -> Text,
        object_kind -> Text,
        object_id -> Nullable<Text>,
        object_label -> Text,
        diff -> Jsonb,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        request_id -> Nullable<Text>,
        hash -> Binary,
        actor_key -> Text,
    }
}

diesel::table! {
    user_tokens (id) {
        id -> BigInt,
        user_id -> BigInt,
        purpose -> Text,
        token_hash -> Binary,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
        ended_by -> Nullable<Text>,
        mail_state -> Nullable<Text>,
        mail_at -> Nullable<Timestamptz>,
        mail_error -> Nullable<Text>,
        made_by -> Nullable<BigInt>,
    }
}

diesel::table! {
    login_events (id) {
        id -> BigInt,
        at -> Timestamptz,
        user_id -> Nullable<BigInt>,
        succeeded -> Bool,
        reason -> Text,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        request_id -> Nullable<Text>,
    }
}

diesel::table! {
    job_keys (job_id, key) {
        job_id -> BigInt,
        key -> BigInt,
    }
}

diesel::table! {
    pipelines (id) {
        id -> BigInt,
        key -> Text,
        name -> Text,
        name_one -> Text,
        icon -> Text,
        settings -> Jsonb,
        version -> Integer,
        derived -> Integer,
        position -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    records (id) {
        id -> BigInt,
        pipeline_id -> BigInt,
        owner_id -> Nullable<BigInt>,
        stage_id -> Nullable<BigInt>,
        title -> Text,
        value -> Nullable<Numeric>,
        due -> Nullable<Timestamptz>,
        search -> Text,
        data -> Jsonb,
        version -> Integer,
        created_by -> Nullable<BigInt>,
        updated_by -> Nullable<BigInt>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
        stage_since -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    record_keys (field_id, key, record_id) {
        field_id -> BigInt,
        key -> Text,
        record_id -> BigInt,
        is_unique -> Bool,
    }
}

diesel::table! {
    events (seq, n) {
        seq -> BigInt,
        n -> Integer,
        at -> Timestamptz,
        kind -> Text,
        object -> Text,
        record_id -> Nullable<BigInt>,
        version -> Nullable<BigInt>,
        actor -> Text,
        origin -> Text,
        changed -> Array<Text>,
        owner_id -> Nullable<BigInt>,
        pipeline_id -> Nullable<BigInt>,
        changes -> Nullable<Jsonb>,
    }
}

diesel::table! {
    role_pipelines (role_key, pipeline_id) {
        role_key -> Text,
        pipeline_id -> BigInt,
        view_reach -> Nullable<Text>,
        edit_reach -> Nullable<Text>,
        delete_reach -> Nullable<Text>,
    }
}

diesel::table! {
    fields (id) {
        id -> BigInt,
        pipeline_id -> BigInt,
        key -> Text,
        slot -> Text,
        kind -> Text,
        label -> Text,
        help -> Text,
        settings -> Jsonb,
        position -> Integer,
        is_required -> Bool,
        is_unique -> Bool,
        is_match -> Bool,
        is_searchable -> Bool,
        deleted_at -> Nullable<Timestamptz>,
        relation_id -> Nullable<BigInt>,
        relation_side -> Nullable<Text>,
        change -> Nullable<Jsonb>,
        slot_number -> Integer,
        dropped_slots -> Array<Text>,
        purged_at -> Nullable<Timestamptz>,
        uses -> BigInt,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    relations (id) {
        id -> BigInt,
        from_one -> Bool,
        to_one -> Bool,
    }
}

diesel::table! {
    notes (id) {
        id -> BigInt,
        record_id -> BigInt,
        author_id -> Nullable<BigInt>,
        body -> Text,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    links (from_id, relation_id, to_id) {
        from_id -> BigInt,
        relation_id -> BigInt,
        to_id -> BigInt,
        from_one -> Bool,
        to_one -> Bool,
    }
}

diesel::table! {
    boards (id) {
        id -> BigInt,
        pipeline_id -> BigInt,
        name -> Text,
        position -> Integer,
        archived_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    stages (id) {
        id -> BigInt,
        board_id -> BigInt,
        key -> Text,
        name -> Text,
        kind -> Text,
        probability -> SmallInt,
        color -> Text,
        position -> Integer,
        archived_at -> Nullable<Timestamptz>,
        requires -> Array<BigInt>,
    }
}

diesel::table! {
    field_options (id) {
        id -> BigInt,
        field_id -> BigInt,
        key -> Text,
        label -> Text,
        color -> Text,
        position -> Integer,
        archived_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    role_fields (role_key, field_id) {
        role_key -> Text,
        field_id -> BigInt,
        access -> Text,
    }
}

diesel::table! {
    teams (id) {
        id -> BigInt,
        name -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    team_members (team_id, user_id) {
        team_id -> BigInt,
        user_id -> BigInt,
    }
}

diesel::table! {
    record_shares (id) {
        id -> BigInt,
        record_id -> BigInt,
        user_id -> Nullable<BigInt>,
        team_id -> Nullable<BigInt>,
        can_edit -> Bool,
    }
}

diesel::joinable!(user_roles -> roles (role_key));
diesel::joinable!(user_tokens -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(user_roles, roles, users, user_tokens);
diesel::joinable!(record_keys -> records (record_id));
diesel::allow_tables_to_appear_in_same_query!(job_checkpoints, job_rows);
diesel::joinable!(role_fields -> fields (field_id));
diesel::joinable!(fields -> pipelines (pipeline_id));
diesel::allow_tables_to_appear_in_same_query!(fields, pipelines, role_fields);
diesel::joinable!(record_shares -> records (record_id));
diesel::joinable!(team_members -> teams (team_id));
diesel::joinable!(team_members -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(record_keys, records, record_shares);
diesel::allow_tables_to_appear_in_same_query!(teams, team_members, users);
