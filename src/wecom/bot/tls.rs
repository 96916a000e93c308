//! TLS settings: the built-in roots, an extra CA, a client identity. Verification is always
//! on.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use rustls::{ClientConfig, RootCertStore};

use super::SettingsError;
use crate::config::TlsFiles;

/// Reads the files and builds the client's TLS settings.
pub(crate) fn load(files: &TlsFiles) -> Result<Arc<ClientConfig>, SettingsError> {
    let roots = roots(files.ca_file.as_deref())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(SettingsError::Tls)?
        .with_root_certificates(roots);
    let config = match (&files.client_cert_file, &files.client_key_file) {
        (Some(cert), Some(key)) => builder
            .with_client_auth_cert(certificates(cert)?, private_key(key)?)
            .map_err(|source| SettingsError::BadIdentity {
                cert: cert.clone(),
                key: key.clone(),
                source,
            })?,
        (None, None) => builder.with_no_client_auth(),
        _ => return Err(SettingsError::HalfIdentity),
    };
    Ok(Arc::new(config))
}

/// The built-in authorities, and those of a file.
pub(crate) fn roots(ca_file: Option<&Path>) -> Result<RootCertStore, SettingsError> {
    let mut roots = webpki_roots::TLS_SERVER_ROOTS
        .iter()
        .cloned()
        .collect::<RootCertStore>();
    if let Some(path) = ca_file {
        for certificate in certificates(path)? {
            roots
                .add(certificate)
                .map_err(|source| SettingsError::BadCertificate {
                    path: path.to_owned(),
                    source,
                })?;
        }
    }
    Ok(roots)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, SettingsError> {
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable(path, error))?;
    if certificates.is_empty() {
        return Err(unreadable(path, pem::Error::NoItemsFound));
    }
    Ok(certificates)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, SettingsError> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| unreadable(path, error))
}

fn unreadable(path: &Path, error: pem::Error) -> SettingsError {
    let path = path.to_owned();
    match error {
        pem::Error::Io(source) => SettingsError::ReadFile { path, source },
        source => SettingsError::NotPem { path, source },
    }
}
