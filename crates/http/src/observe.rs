//! Around every request: its id, its deadline, its line in the log, its place in the metrics, and the last word on
//! headers and error bodies.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::{HeaderName, Method, header};
use signet_app::RequestContext;
use tokio::time::{Instant, timeout};

use crate::error::ApiError;
use crate::{Server, address, answer};

/// Longest time from the request's head to the response's. Sockets are answered at once and live on after it.
const DEADLINE: Duration = Duration::from_secs(30);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub(crate) async fn observe(State(server): State<Server>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let correlation_id = server.app.env().uuid_v7().to_string();
    let method = known_method(request.method());
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or("unmatched", MatchedPath::as_str);

    let peer = request
        .extensions()
        .get()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer): &ConnectInfo<SocketAddr>| peer.ip());
    let address = address::caller(peer, request.headers(), server.options.trusted_proxies);
    request.extensions_mut().insert(RequestContext { correlation_id: correlation_id.clone(), address });

    let mut response = within_deadline(request, next).await;
    if let Some(error) = response.extensions().get::<ApiError>() {
        if let Some(source) = &error.source {
            tracing::error!(%correlation_id, route, code = error.code, error = chain(source.as_ref()), "request failed");
        }
        response = keeping_allow(&response, error.render(&correlation_id));
    }
    server.surfaces.protect(&mut response);
    answer::set(&mut response, REQUEST_ID, &correlation_id);

    let status = response.status().as_u16();
    let elapsed = started.elapsed();
    // The raw path and query may hold what must not be logged; the route's pattern cannot.
    tracing::info!(target: "signet::access", method, route, status, milliseconds = elapsed.as_secs_f64() * 1e3, %correlation_id);
    let labels = [("method", method.to_owned()), ("route", route.to_owned()), ("status", status.to_string())];
    metrics::histogram!("signet_http_request_duration_seconds", &labels).record(elapsed.as_secs_f64());
    response
}

/// Keeps what routing said with its refusal, such as `allow` (RFC 9110 section 15.5.6).
fn keeping_allow(before: &Response, mut rendered: Response) -> Response {
    if let Some(allow) = before.headers().get(header::ALLOW) {
        rendered.headers_mut().insert(header::ALLOW, allow.clone());
    }
    rendered
}

async fn within_deadline(request: Request, next: Next) -> Response {
    match timeout(DEADLINE, AssertUnwindSafe(next.run(request)).catch_unwind()).await {
        Ok(Ok(response)) => response,
        // The panic hook has logged where it happened. Its payload may quote data, so it goes nowhere.
        Ok(Err(_)) => ApiError::INTERNAL.into_response(),
        Err(_) => ApiError::TIMEOUT.into_response(),
    }
}

/// A method as a label: one outside the standard could be anything a caller likes.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

/// An error with its causes, outermost first.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
