//! What agents send: found in their answers, loaded, measured, uploaded.
