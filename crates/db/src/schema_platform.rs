//! The platform's tables, named with their schema. They follow `migrations/platform`; a test compares the two.

diesel::table! {
    platform.tenants (id) {
        id -> BigInt,
        name -> Text,
        slug -> Text,
        schema_name -> Text,
        status -> Text,
        schema_version -> Nullable<BigInt>,
        last_error -> Nullable<Text>,
        created_on -> Timestamptz,
        auto_create_schema -> Bool,
        auto_drop_schema -> Bool,
        max_users -> Integer,
        user_count -> Integer,
        features_enabled -> Jsonb,
        billing_settings -> Jsonb,
        ai_config_encrypted -> Nullable<Text>,
        ai_enabled -> Bool,
        ai_usage_limit -> Numeric,
        ai_current_usage -> Numeric,
        ai_usage_reset_date -> Date,
        updated_at -> Timestamptz,
        archived_at -> Nullable<Timestamptz>,
        purge_after -> Nullable<Timestamptz>,
        search -> Text,
        name_key -> Text,
        max_storage_mb -> Integer,
    }
}

diesel::table! {
    platform.schema_names (schema_name) {
        schema_name -> Text,
        tenant_id -> BigInt,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    platform.domains (id) {
        id -> BigInt,
        domain -> Text,
        tenant_id -> BigInt,
        is_primary -> Bool,
        verified_at -> Nullable<Timestamptz>,
        token -> Nullable<Text>,
        created_at -> Timestamptz,
        verified_by -> Nullable<Text>,
        token_expires_at -> Nullable<Timestamptz>,
        checked_at -> Nullable<Timestamptz>,
        check_error -> Nullable<Text>,
        failing_since -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    platform.platform_admins (id) {
        id -> BigInt,
        email -> Text,
        password_hash -> Nullable<Text>,
        first_name -> Text,
        last_name -> Text,
        role -> Text,
        is_active -> Bool,
        session_epoch -> Integer,
        last_login -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        email_key -> Text,
    }
}

diesel::table! {
    platform.admin_tokens (id) {
        id -> BigInt,
        admin_id -> BigInt,
        purpose -> Text,
        token_hash -> Binary,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    platform.audit_log (id) {
        id -> BigInt,
        seq -> BigInt,
        at -> Timestamptz,
        actor_kind -> Text,
        actor_id -> Nullable<BigInt>,
        actor_label -> Text,
        on_behalf_of -> Nullable<Text>,
        tenant_id -> Nullable<BigInt>,
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
    platform.security_events (id) {
        id -> BigInt,
        at -> Timestamptz,
        tenant_id -> Nullable<BigInt>,
        kind -> Text,
        detail -> Jsonb,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        request_id -> Nullable<Text>,
    }
}

diesel::table! {
    platform.jobs (id) {
        id -> BigInt,
        kind -> Text,
        tenant_id -> Nullable<BigInt>,
        status -> Text,
        params -> Jsonb,
        done -> BigInt,
        total -> Nullable<BigInt>,
        error -> Nullable<Text>,
        created_by -> Text,
        created_at -> Timestamptz,
        started_at -> Nullable<Timestamptz>,
        heartbeat_at -> Nullable<Timestamptz>,
        finished_at -> Nullable<Timestamptz>,
        worker -> Nullable<Text>,
        attempts -> Integer,
        tries_from -> Integer,
        cancel_requested -> Bool,
        result -> Jsonb,
    }
}

diesel::table! {
    platform.job_log (id) {
        id -> BigInt,
        job_id -> BigInt,
        at -> Timestamptz,
        line -> Text,
    }
}

diesel::table! {
    platform.ai_usage (id) {
        id -> BigInt,
        tenant_id -> BigInt,
        at -> Timestamptz,
        what -> Text,
        provider -> Text,
        model -> Text,
        tokens_in -> BigInt,
        tokens_out -> BigInt,
        cost -> Numeric,
        actor_label -> Text,
    }
}

diesel::table! {
    platform.usage_hours (tenant_id, hour) {
        tenant_id -> BigInt,
        hour -> Timestamptz,
        requests -> BigInt,
        errors -> BigInt,
    }
}

diesel::table! {
    platform.usage_days (tenant_id, day) {
        tenant_id -> BigInt,
        day -> Date,
        requests -> BigInt,
        errors -> BigInt,
        people -> BigInt,
    }
}

diesel::table! {
    platform.usage_sizes (tenant_id) {
        tenant_id -> BigInt,
        measured_at -> Nullable<Timestamptz>,
        bytes -> Nullable<BigInt>,
        rows -> Nullable<BigInt>,
        tables -> Nullable<Jsonb>,
        tried_at -> Timestamptz,
    }
}

diesel::table! {
    platform.usage_fleet (day) {
        day -> Date,
        tenants -> BigInt,
        users -> BigInt,
        bytes -> Nullable<BigInt>,
        ai_spent -> Numeric,
    }
}

diesel::table! {
    platform.mail_outbox (id) {
        id -> BigInt,
        tenant_id -> Nullable<BigInt>,
        token_id -> Nullable<BigInt>,
        message_id -> Text,
        sealed -> Text,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        attempts -> Integer,
        next_at -> Timestamptz,
    }
}

diesel::table! {
    platform.settings (setting_key) {
        setting_key -> Text,
        setting_value -> Jsonb,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    platform.favourites (admin_id, tenant_id) {
        admin_id -> BigInt,
        tenant_id -> BigInt,
    }
}

diesel::joinable!(domains -> tenants (tenant_id));
diesel::allow_tables_to_appear_in_same_query!(tenants, favourites);
diesel::joinable!(admin_tokens -> platform_admins (admin_id));
diesel::allow_tables_to_appear_in_same_query!(tenants, domains);
diesel::allow_tables_to_appear_in_same_query!(tenants, jobs);
diesel::allow_tables_to_appear_in_same_query!(tenants, usage_days, usage_sizes);
diesel::allow_tables_to_appear_in_same_query!(admin_tokens, platform_admins);
