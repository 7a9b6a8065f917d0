//! The visitor API over HTTP: `docs/visitor-api.md`.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::StatusCode;
use serde::Deserialize;
use signet_app::{
    ActivationFailure, ActivationRequest, AppError, EarlierAnswer, FailureCode, NewTransaction,
    RequestContext,
};
use signet_domain::text::InvalidText;
use signet_domain::{ClientMessageId, MessageText, limits};

use crate::error::{ApiError, refusal};
use crate::extract::{Bearer, Proof, StrictJson, Visitor};
use crate::wire::{
    Acknowledgement, ActivateFailure, ActivateRequest, ActivateSuccess, CustomDataRequest, EarlierMessages,
    EarlierMessagesRequest, HandOver, HandOverRequest, HistoryPage, IdentityConfirmationRequest,
    RecordedTransaction, SatisfactionRequest, SendRequest, StoredCustomData, TransactionRequest,
};
use crate::{Server, history_cursor};

/// Entries of a page of history unless the client says otherwise.
const PAGE: usize = 50;

/// `POST /visitor/v1/activate`.
pub(crate) async fn activate(
    State(server): State<Server>,
    Extension(context): Extension<RequestContext>,
    Proof(proof): Proof,
    body: Result<StrictJson<ActivateRequest>, ApiError>,
) -> Result<Response, ApiError> {
    let request = match body {
        Ok(StrictJson(request)) => request,
        // Only a token can make this body so large, and it is then larger than any token may be.
        Err(error) if error.status == StatusCode::PAYLOAD_TOO_LARGE => {
            let failure = ActivationFailure { code: FailureCode::TokenMalformed, retry_after: None };
            return Ok(failed(&failure, context));
        }
        Err(error) => return Err(error),
    };
    let thumbprint = request.proof_key.map(|key| key.0.thumbprint()).transpose();
    let proof_key = thumbprint.map_err(|_| ApiError {
        message: "proofKey is no public key on P-256".into(),
        ..ApiError::REQUEST_INVALID
    })?;
    let request = ActivationRequest {
        project_id: request.project_id,
        origin: request.origin,
        option: request.authentication_option.0,
        session: request.session,
        device: request.device,
        browser: request.browser_id,
        hand_over: request.hand_over,
        claimed_id: request.ext_id,
        proof_key: proof_key.map(|thumbprint| thumbprint.as_str().into()),
        proof,
    };
    Ok(match server.app.activate(request, &context).await {
        Ok(activated) => {
            Json(ActivateSuccess::new(activated, server.app.env().now(), context.correlation_id))
                .into_response()
        }
        Err(failure) => failed(&failure, context),
    })
}

fn failed(failure: &ActivationFailure, context: RequestContext) -> Response {
    let status = match failure.code {
        FailureCode::TokenMalformed | FailureCode::OptionInvalid => StatusCode::BAD_REQUEST,
        FailureCode::TokenUndecryptable
        | FailureCode::TokenSignatureInvalid
        | FailureCode::TokenClaimsInvalid
        | FailureCode::TokenExpired
        | FailureCode::TokenReplayed => StatusCode::UNAUTHORIZED,
        FailureCode::ProjectNotSetUp | FailureCode::OriginNotAllowed | FailureCode::SessionKeyRequired => {
            StatusCode::FORBIDDEN
        }
        FailureCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        FailureCode::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
    };
    refusal(status, &ActivateFailure::new(failure, context.correlation_id), failure.retry_after)
}

/// `POST /visitor/v1/logout`. A session that is gone already needs no ending.
pub(crate) async fn logout(
    State(server): State<Server>,
    Extension(context): Extension<RequestContext>,
    Bearer(token): Bearer,
) -> Result<StatusCode, ApiError> {
    match server.app.logout(&token, &context).await {
        Ok(()) | Err(AppError::SessionEnded | AppError::SessionExpired) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(error.into()),
    }
}

/// `POST /visitor/v1/messages`.
pub(crate) async fn send(
    State(server): State<Server>,
    Extension(context): Extension<RequestContext>,
    Visitor(session): Visitor,
    StrictJson(body): StrictJson<SendRequest>,
) -> Result<Response, ApiError> {
    let id: ClientMessageId = body.client_message_id.parse().map_err(|_| {
        ApiError::new(StatusCode::BAD_REQUEST, "CLIENT_MESSAGE_ID_INVALID", "clientMessageId is not a UUID")
    })?;
    let text = MessageText::parse(&body.text).map_err(text_refused)?;
    session.check_author(body.visitor_id)?;
    let stored = server.app.visitor_send(&session, id, text, &context).await?;
    Ok((StatusCode::CREATED, Json(Acknowledgement::from(stored))).into_response())
}

fn text_refused(error: InvalidText) -> ApiError {
    let code = match error {
        InvalidText::Empty => "MESSAGE_EMPTY",
        InvalidText::TooLong => "MESSAGE_TOO_LONG",
    };
    ApiError { message: error.to_string().into(), ..ApiError::new(StatusCode::BAD_REQUEST, code, "") }
}

/// `POST /visitor/v1/earlier-messages`.
pub(crate) async fn earlier_messages(
    State(server): State<Server>,
    Extension(context): Extension<RequestContext>,
    Visitor(session): Visitor,
    StrictJson(body): StrictJson<EarlierMessagesRequest>,
) -> Result<Json<EarlierMessages>, ApiError> {
    let (id, answer) = (body.conversation_id, body.answer.map_or(EarlierAnswer::Add, Into::into));
    Ok(Json(server.app.answer_earlier_messages(&session, id, answer, &context).await?.into()))
}

/// `POST /visitor/v1/identity-confirmation`.
pub(crate) async fn identity_confirmation(
    State(server): State<Server>,
    Extension(context): Extension<RequestContext>,
    Visitor(session): Visitor,
    StrictJson(body): StrictJson<IdentityConfirmationRequest>,
) -> Result<StatusCode, ApiError> {
    let why = body.outcome.into();
    server.app.identity_not_confirmed(&session, body.conversation_id, why, &context).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /visitor/v1/hand-over`.
pub(crate) async fn hand_over(
    State(server): State<Server>,
    Extension(context): Extension<RequestContext>,
    Visitor(session): Visitor,
    StrictJson(body): StrictJson<HandOverRequest>,
) -> Result<Response, ApiError> {
    let made = server.app.hand_over(&session, &body.origin, &context).await?;
    Ok((StatusCode::CREATED, Json(HandOver::from(made))).into_response())
}

/// `POST /visitor/v1/transactions`.
pub(crate) async fn transaction(
    State(server): State<Server>,
    Extension(context): Extension<RequestContext>,
    Visitor(session): Visitor,
    StrictJson(body): StrictJson<TransactionRequest>,
) -> Result<Json<RecordedTransaction>, ApiError> {
    let reported = NewTransaction::parse(&body.id, body.amount)?;
    Ok(Json(server.app.record_transaction(&session, reported, &context).await?.into()))
}

/// `POST /visitor/v1/custom-data`.
pub(crate) async fn custom_data(
    State(server): State<Server>,
    Extension(context): Extension<RequestContext>,
    Visitor(session): Visitor,
    StrictJson(body): StrictJson<CustomDataRequest>,
) -> Result<Json<StoredCustomData>, ApiError> {
    let stored = server.app.set_custom_data(&session, body.custom_data.into(), &context).await?;
    Ok(Json(StoredCustomData { stored }))
}

/// `POST /visitor/v1/satisfaction`.
pub(crate) async fn satisfaction(
    State(server): State<Server>,
    Extension(context): Extension<RequestContext>,
    Visitor(session): Visitor,
    StrictJson(body): StrictJson<SatisfactionRequest>,
) -> Result<StatusCode, ApiError> {
    let id = body.conversation_id;
    server.app.answer_survey(&session, id, body.into(), &context).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which page of history.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HistoryQuery {
    before: Option<String>,
    limit: Option<usize>,
}

/// `GET /visitor/v1/history`.
pub(crate) async fn history(
    State(server): State<Server>,
    Visitor(session): Visitor,
    query: Result<Query<HistoryQuery>, QueryRejection>,
) -> Result<Json<HistoryPage>, ApiError> {
    let Ok(Query(query)) = query else { return Err(ApiError::REQUEST_INVALID) };
    let limit = query.limit.unwrap_or(PAGE);
    if !(1..=limits::PAGE).contains(&limit) {
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "LIMIT_INVALID", "limit is 1 to 100"));
    }
    let before = match query.before.as_deref().map(history_cursor::decode) {
        Some(None) => {
            return Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                "CURSOR_INVALID",
                "before is not a cursor of ours",
            ));
        }
        Some(cursor) => cursor,
        None => None,
    };
    Ok(Json(server.app.visitor_history(&session, before, limit).await?.into()))
}
