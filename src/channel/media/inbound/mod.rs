//! What people send: fetched, decrypted, named, kept.
