//! TLS to PostgreSQL, as `sslmode` and `sslrootcert` in the address say: the words, and what they mean, are those of PostgreSQL's own client library.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_postgres::{Client, Config, Connection, Error, Socket};
use tokio_rustls::TlsConnector;

use crate::sql::SqlError;

/// How much is asked of the server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    /// Nothing: the line is private, and whoever sits in it is not noticed.
    Nothing,
    /// Somebody who is trusted signed it.
    Signer,
    /// And it is for this host.
    Host,
}

/// Where the database is, and how the line to it is protected.
#[derive(Clone)]
pub(crate) struct Target {
    config: Config,
    tls: Tls,
}

impl Target {
    /// Reads an address. Error: a word that is not understood, or certificates that cannot be read.
    pub(crate) fn read(url: &str) -> Result<Target, SqlError> {
        let wrong = |why: String| SqlError::Gone(format!("the database's address is not understood: {why}"));
        let (plain, asked) = split(url);
        let (mode, mut check) = match asked.mode.as_deref() {
            None | Some("prefer") => (SslMode::Prefer, Check::Nothing),
            Some("disable") => (SslMode::Disable, Check::Nothing),
            Some("require") => (SslMode::Require, Check::Nothing),
            Some("verify-ca") => (SslMode::Require, Check::Signer),
            Some("verify-full") => (SslMode::Require, Check::Host),
            Some(other) => {
                let known = "disable, prefer, require, verify-ca, verify-full";
                return Err(wrong(format!("sslmode={other}: it is one of {known}")));
            }
        };
        if mode == SslMode::Require && check == Check::Nothing && asked.roots.is_some() {
            check = Check::Signer; // as PostgreSQL's library: who names roots wants them used
        }
        let mut config: Config = plain.parse().map_err(|error: Error| wrong(error.to_string()))?;
        config.ssl_mode(mode);
        Ok(Target { config, tls: Tls::new(check, asked.roots.as_deref())? })
    }

    /// What else the address says.
    pub(crate) fn config(&mut self) -> &mut Config {
        &mut self.config
    }

    /// Connects. The second half is the connection itself, to be driven.
    pub(crate) async fn connect(&self) -> Result<(Client, Connection<Socket, Stream>), Error> {
        self.config.connect(self.tls.clone()).await
    }
}

/// What an address says that the driver does not know.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    mode: Option<String>,
    roots: Option<String>,
}

/// Takes `sslmode` and `sslrootcert` out of an address, in either form (`postgres://…?name=value&…`, `name=value name=value`).
fn split(url: &str) -> (String, Asked) {
    let mut asked = Asked::default();
    let mut take = |pair: &&str| match pair.split_once('=') {
        Some(("sslmode", value)) => {
            asked.mode = Some(value.to_owned());
            false
        }
        Some(("sslrootcert", value)) => {
            asked.roots = Some(value.replace("%2F", "/").replace("%2f", "/"));
            false
        }
        _ => true,
    };
    let plain = if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        match url.split_once('?') {
            None => url.to_owned(),
            Some((address, query)) => {
                let left: Vec<&str> = query.split('&').filter(&mut take).collect();
                if left.is_empty() { address.to_owned() } else { format!("{address}?{}", left.join("&")) }
            }
        }
    } else {
        url.split(' ').filter(&mut take).collect::<Vec<_>>().join(" ")
    };
    (plain, asked)
}

/// Makes TLS for a connection.
#[derive(Clone)]
pub(crate) struct Tls(TlsConnector);

impl Tls {
    fn new(check: Check, roots: Option<&str>) -> Result<Tls, SqlError> {
        let failed = |why: String| SqlError::Gone(format!("TLS to the database: {why}"));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(error.to_string()))?;
        let chain = || {
            let roots = Arc::new(read_roots(roots).map_err(failed)?);
            let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider.clone()).build();
            verifier.map_err(|error| failed(error.to_string()))
        };
        let config = match check {
            Check::Host => builder.dangerous().with_custom_certificate_verifier(chain()?),
            Check::Signer => {
                builder.dangerous().with_custom_certificate_verifier(Lenient::new(Some(chain()?), &provider))
            }
            Check::Nothing => {
                builder.dangerous().with_custom_certificate_verifier(Lenient::new(None, &provider))
            }
        };
        Ok(Tls(TlsConnector::from(Arc::new(config.with_no_client_auth()))))
    }
}

/// The certificates that are trusted: those of a file, or the system's.
fn read_roots(path: Option<&str>) -> Result<RootCertStore, String> {
    let mut store = RootCertStore::empty();
    match path {
        None | Some("system") => {
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        Some(path) => {
            let unreadable = |error: &dyn std::fmt::Display| format!("sslrootcert={path}: {error}");
            let all = CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))?;
            for certificate in all {
                let certificate = certificate.map_err(|error| unreadable(&error))?;
                store.add(certificate).map_err(|error| unreadable(&error))?;
            }
        }
    }
    if store.is_empty() {
        return Err(
            "there is no certificate to check the server's with: name a file with sslrootcert=".to_owned()
        );
    }
    Ok(store)
}

/// Asks less of a certificate than that it is for the host. That the server has its key is always checked.
#[derive(Debug)]
struct Lenient {
    chain: Option<Arc<WebPkiServerVerifier>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Lenient {
    fn new(chain: Option<Arc<WebPkiServerVerifier>>, provider: &CryptoProvider) -> Arc<Lenient> {
        Arc::new(Lenient { chain, algorithms: provider.signature_verification_algorithms })
    }
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        use CertificateError::{NotValidForName, NotValidForNameContext};
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        // The chain is checked before the name.
        match chain.verify_server_cert(end_entity, intermediates, name, ocsp, now) {
            Err(rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. })) => {
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl MakeTlsConnect<Socket> for Tls {
    type Stream = Stream;
    type TlsConnect = Handshake;
    type Error = io::Error;

    fn make_tls_connect(&mut self, host: &str) -> io::Result<Handshake> {
        // A socket in a folder has no host, and no TLS either.
        Ok(Handshake { connector: self.0.clone(), host: ServerName::try_from(host.to_owned()).ok() })
    }
}

/// One handshake to be made.
pub(crate) struct Handshake {
    connector: TlsConnector,
    host: Option<ServerName<'static>>,
}

impl TlsConnect<Socket> for Handshake {
    type Stream = Stream;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Stream>> + Send>>;

    fn connect(self, socket: Socket) -> Self::Future {
        Box::pin(async move {
            let host =
                self.host.ok_or_else(|| io::Error::other("the host is neither a name nor an address"))?;
            self.connector.connect(host, socket).await.map(|stream| Stream(Box::new(stream)))
        })
    }
}

/// A connection under TLS.
pub(crate) struct Stream(Box<tokio_rustls::client::TlsStream<Socket>>);

impl TlsStream for Stream {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_read(context, into)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, split};

    #[test]
    fn what_is_asked_is_taken_out_of_the_address() {
        let cases = [
            ("postgres://a@h/d", "postgres://a@h/d", None, None),
            ("postgres://a@h/d?sslmode=require", "postgres://a@h/d", Some("require"), None),
            (
                "postgres://a@h/d?x=1&sslmode=verify-full&sslrootcert=/etc/ca.pem&y=2",
                "postgres://a@h/d?x=1&y=2",
                Some("verify-full"),
                Some("/etc/ca.pem"),
            ),
            ("postgresql://h/d?sslrootcert=%2Fetc%2Fca.pem", "postgresql://h/d", None, Some("/etc/ca.pem")),
            ("host=h sslmode=disable dbname=d", "host=h dbname=d", Some("disable"), None),
        ];
        for (url, plain, mode, roots) in cases {
            let asked = Asked { mode: mode.map(str::to_owned), roots: roots.map(str::to_owned) };
            assert_eq!(split(url), (plain.to_owned(), asked), "{url}");
        }
    }
}
