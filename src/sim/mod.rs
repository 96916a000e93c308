//! WeCom in a box: a simulator of the service.
