//! Alipay's v3 protocol: the same methods as paths, flat JSON, HTTP statuses. Answers are turned into the gateway's nodes, so that one
//! table of states serves both protocols.

use desk::channel::Trouble;
use reqwest::{Method, Url};
use serde::Serialize;
use serde_json::Value;
use store::Millis;

use super::client::AlipayLine;
use super::wire::Node;
use crate::http::{Answer, Call};

const SCHEME: &str = "ALIPAY-SHA256withRSA";

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct ErrorBody {
    code: String,
    message: String,
}

/// One exchange of v3.
pub(super) async fn exchange<B: Serialize>(
    line: &AlipayLine,
    endpoint: &Url,
    method: &str,
    content: &B,
    notify_url: Option<&str>,
    now: Millis,
) -> Result<Node, Trouble> {
    let not_sent = |e: String| Trouble::NotSent(e);
    let mut content = serde_json::to_value(content).map_err(|e| not_sent(e.to_string()))?;
    if let (Some(url), Some(fields)) = (notify_url, content.as_object_mut()) {
        fields.insert("notify_url".to_owned(), Value::String(url.to_owned()));
    }
    // Bills are asked for by GET; everything else is a POST.
    let is_get = method.starts_with("alipay.data.");
    let base = endpoint.as_str().trim_end_matches('/');
    let path = method.replace('.', "/");
    let query = if is_get { format!("?{}", query_of(&content)) } else { String::new() };
    let url = Url::parse(&format!("{base}/v3/{path}{query}")).map_err(|e| not_sent(e.to_string()))?;
    let body = if is_get { Vec::new() } else { content.to_string().into_bytes() };
    let answer = send(line, if is_get { Method::GET } else { Method::POST }, url, body, now).await?;
    let sn = answer.header("alipay-sn");
    if let Some(certificates) =
        line.certificates.as_ref().filter(|known| !sn.is_empty() && known.key(sn).is_none())
    {
        super::certificates::fetch(line, certificates, sn, now).await?;
    }
    node(line, &answer)
}

fn query_of(content: &Value) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (key, value) in content.as_object().into_iter().flatten() {
        query.append_pair(key, value.as_str().unwrap_or_default());
    }
    query.finish()
}

async fn send(
    line: &AlipayLine,
    method: Method,
    url: Url,
    body: Vec<u8>,
    now: Millis,
) -> Result<Answer, Trouble> {
    let target = url.query().map_or_else(|| url.path().to_owned(), |q| format!("{}?{q}", url.path()));
    let certificate = line.certificates.as_ref();
    let named = certificate.map(|names| format!(",app_cert_sn={}", names.app)).unwrap_or_default();
    let claim = format!("app_id={}{named},nonce={},timestamp={}", line.app_id, line.nonces.next(), now.0);
    let lf = b"\n".as_slice();
    let mut text: Vec<&[u8]> =
        vec![claim.as_bytes(), lf, method.as_str().as_bytes(), lf, target.as_bytes(), lf, &body, lf];
    if let Some(token) = &line.app_auth_token {
        text.extend([token.as_bytes(), lf]);
    }
    let authorization = format!("{SCHEME} {claim},sign={}", line.signer.sign(&text));
    let mut headers = vec![
        ("authorization", authorization.as_str()),
        ("content-type", "application/json; charset=utf-8"),
        ("accept", "application/json"),
    ];
    if let Some(names) = certificate {
        headers.push(("alipay-root-cert-sn", &names.root));
    }
    if let Some(token) = &line.app_auth_token {
        headers.push(("alipay-app-auth-token", token));
    }
    let call = Call { method, url, headers: &headers, body, timeout: line.timeout, max_body: None };
    line.http.send(call).await
}

/// An answer as the gateway would have told it.
fn node(line: &AlipayLine, answer: &Answer) -> Result<Node, Trouble> {
    let unknown = |what: String| Trouble::Unknown(what);
    let (seconds, nonce) = (answer.header("alipay-timestamp"), answer.header("alipay-nonce"));
    let lf = b"\n".as_slice();
    let text = [seconds.as_bytes(), lf, nonce.as_bytes(), lf, &answer.body, lf];
    let named = line.certificates.as_ref().and_then(|known| known.key(answer.header("alipay-sn")));
    if !named.as_ref().unwrap_or(&line.key).verify(&text, answer.header("alipay-signature")) {
        return Err(unknown(format!("the answer is not believed: {}", answer.excerpt())));
    }
    if answer.status == 200 {
        let node: Node = serde_json::from_slice(&answer.body)
            .map_err(|e| unknown(format!("the answer is not as documented: {e}")))?;
        return Ok(Node { code: "10000".to_owned(), ..node });
    }
    Ok(error_node(answer.status, &answer.body))
}

/// An error of v3 as the gateway would have told it.
fn error_node(status: u16, body: &[u8]) -> Node {
    let error: ErrorBody = serde_json::from_slice(body).unwrap_or_default();
    let code = match (status, error.code.as_str()) {
        (_, "ORDER_SUCCESS_PAY_INPROCESS" | "ACQ.ORDER_SUCCESS_PAY_INPROCESS") => "10003",
        (429, _) => "40005",
        (401 | 403 | 404, code) if !code.starts_with("ACQ.") => "40002",
        (400..500, _) => "40004",
        _ => "20000",
    };
    let sub_code = match status {
        429 => "isv.app-call-limited".to_owned(),
        _ => error.code,
    };
    Node { code: code.to_owned(), sub_code, sub_msg: error.message, ..Node::default() }
}

#[cfg(test)]
mod tests {
    use super::error_node;

    #[test]
    fn every_status_and_code_becomes_the_gateways() {
        let cases = [
            (400, "ACQ.TRADE_NOT_EXIST", "40004", "ACQ.TRADE_NOT_EXIST"),
            (404, "ACQ.TRADE_NOT_EXIST", "40004", "ACQ.TRADE_NOT_EXIST"),
            (400, "ORDER_SUCCESS_PAY_INPROCESS", "10003", "ORDER_SUCCESS_PAY_INPROCESS"),
            (200 + 2, "ACQ.ORDER_SUCCESS_PAY_INPROCESS", "10003", "ACQ.ORDER_SUCCESS_PAY_INPROCESS"),
            (401, "invalid-signature", "40002", "invalid-signature"),
            (403, "insufficient-permissions", "40002", "insufficient-permissions"),
            (404, "invalid-method", "40002", "invalid-method"),
            (429, "anything", "40005", "isv.app-call-limited"),
            (400, "SOMETHING_NEW", "40004", "SOMETHING_NEW"),
            (500, "SYSTEM_ERROR", "20000", "SYSTEM_ERROR"),
            (502, "", "20000", ""),
            (302, "", "20000", ""),
        ];
        for (status, code, want, sub_code) in cases {
            let body = serde_json::json!({"code": code, "message": "words", "links": []}).to_string();
            let node = error_node(status, body.as_bytes());
            assert_eq!((node.code.as_str(), node.sub_code.as_str()), (want, sub_code), "{status} {code}");
            assert_eq!(node.sub_msg, "words", "kept as data");
        }
        let page = error_node(503, b"<html>busy</html>");
        assert_eq!((page.code.as_str(), page.sub_code.as_str()), ("20000", ""), "a page of a proxy");
    }
}
