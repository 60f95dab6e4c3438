//! An AI service of a test: it speaks the protocols of the providers, remembers what it was asked, and can be in a mood.

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// A question as it came in.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The path.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Value,
}

/// How the service answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// As it should.
    Good,
    /// With 401, and the key in its own words.
    RefusesKey,
    /// With 401, and so many words that the key in them would be cut through.
    Babbles,
    /// With a redirect to another path of its own.
    LeadsOn,
    /// With a page that is no JSON.
    Confused,
    /// With more bytes than anybody should read.
    Endless,
}

/// An AI service on a port of its own. It ends with the test.
#[derive(Clone)]
pub struct TestAi {
    /// Where it answers, without a path.
    pub url: String,
    state: Arc<Mutex<(Mood, Vec<Asked>)>>,
}

impl TestAi {
    /// Starts one in a good mood.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let ai = Self { url, state: Arc::new(Mutex::new((Mood::Good, Vec::new()))) };
        let inside = ai.clone();
        let answer = move |uri: Uri, headers: HeaderMap, body: Bytes| {
            let answer = inside.answer(&uri, headers, &body);
            async move { answer }
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
        ai
    }

    /// From now on it answers like that.
    pub fn feel(&self, mood: Mood) {
        self.state.lock().expect("nobody panics with the mood in hand").0 = mood;
    }

    /// What it was asked since the last time.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.state.lock().expect("nobody panics with the questions in hand").1)
    }

    fn answer(&self, uri: &Uri, headers: HeaderMap, body: &[u8]) -> Response {
        let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        let key = headers.get("x-api-key").or(headers.get(header::AUTHORIZATION)).and_then(|value| value.to_str().ok());
        let message = format!("the key {} is wrong", key.unwrap_or_default().trim_start_matches("Bearer "));
        let model = body.get("model").cloned().unwrap_or(Value::Null);
        let mut state = self.state.lock().expect("nobody panics with the questions in hand");
        state.1.push(Asked { path: uri.path().to_owned(), headers, body });
        let json = |status, value: Value| (status, [(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response();
        match state.0 {
            Mood::Good if uri.path().ends_with("/v1/messages") => json(
                StatusCode::OK,
                json!({ "model": model, "content": [{ "type": "text", "text": "ok" }], "usage": { "input_tokens": 11, "output_tokens": 2 } }),
            ),
            Mood::Good if uri.path().ends_with("/chat/completions") => json(
                StatusCode::OK,
                json!({ "model": model, "choices": [{ "message": { "content": "ok" } }], "usage": { "prompt_tokens": 9, "completion_tokens": 1 } }),
            ),
            Mood::Good => json(StatusCode::NOT_FOUND, json!({ "error": { "message": "no such path" } })),
            Mood::RefusesKey => json(StatusCode::UNAUTHORIZED, json!({ "error": { "message": message } })),
            Mood::Babbles => {
                let words = format!("{} {message}", "x".repeat(170));
                json(StatusCode::UNAUTHORIZED, json!({ "error": { "message": words } }))
            }
            Mood::LeadsOn => (StatusCode::FOUND, [(header::LOCATION, "/elsewhere")]).into_response(),
            Mood::Confused => (StatusCode::OK, "<html>welcome</html>").into_response(),
            Mood::Endless => (StatusCode::OK, "x".repeat(1024 * 1024)).into_response(),
        }
    }
}
