//! The product through its doors: the real binary, HTTP, sockets and GraphQL.
//!
//! Run with `cargo test -p signet`; one process starts one PostgreSQL for all of it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what goes wrong here fails the test"
)]

mod attacks;
mod attacks_proof;
mod attacks_session;
mod attacks_strict;
mod audit;
mod audit_export;
mod backup;
mod bot_server;
mod bots;
mod bots_trouble;
mod caddy;
mod command_line;
mod core_dumps;
mod correlation;
#[cfg(feature = "hsm")]
mod custody_pkcs11;
mod custody_vault;
mod custom_data;
mod customer_keys;
mod d30_rights;
mod d38_traces;
mod d46_abuse;
mod demo;
mod desk_defences;
mod doctor;
mod doctor_custody;
mod durability;
mod fixture;
mod graphql;
mod graphql_socket;
mod identity;
mod in_process;
mod integration_guide;
mod journey;
mod journey_identity;
mod key_migration;
mod key_sets;
mod key_trial;
mod keystore_passphrase;
mod limits;
mod nginx;
mod nodes;
mod observe;
mod openssl;
mod own_tls;
mod packaged;
mod people;
mod personal_data;
mod platform_key_administration;
mod platform_keys;
mod platform_keys_elsewhere;
mod projects;
mod provider_properties;
mod provider_servers;
mod providers;
mod proxies;
mod retention;
mod session_keys;
mod settings;
mod shutdown;
mod tls;
mod token_doctor;
mod token_doctor_online;
mod upgrade;
mod visitor_api;
