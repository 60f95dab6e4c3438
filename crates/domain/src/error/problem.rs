//! An error as it is sent: the body that every surface answers with.

use super::{AppError, Code, FieldError, FieldErrors};
use serde::{Deserialize, Serialize};

/// An error as JSON (after RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: Code,
    /// What is wrong, in a sentence.
    pub message: String,
    /// The fields it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Seconds until a retry makes sense.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// Finds the cause of a fault in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        let (status, code, retry_after) = (error.status(), error.code(), error.retry_after());
        let sentence = error.to_string();
        let request_id = if let AppError::Internal { request_id } = &error { Some(request_id.clone()) } else { None };
        match error {
            AppError::Validation(errors) | AppError::Conflict(errors) => {
                let message = if errors.0.is_empty() { sentence } else { errors.sentences() };
                Self { status, code, message, errors: errors.0, retry_after, request_id }
            }
            _ => Self { status, code, message: sentence, errors: Vec::new(), retry_after, request_id },
        }
    }
}

impl From<Problem> for AppError {
    fn from(problem: Problem) -> Self {
        let Problem { status, code, errors, retry_after, request_id, .. } = problem;
        let retry_after = retry_after.unwrap_or(1);
        match (status, code) {
            (400, _) => Self::Malformed,
            (401, _) => Self::Unauthenticated,
            (403, Code::ReauthenticationRequired) => Self::ReauthRequired,
            (403, Code::SecondFactorRequired) => Self::FactorRequired,
            (403, Code::PasswordChangeRequired) => Self::PasswordRequired,
            (403, _) => Self::Forbidden,
            (404, _) => Self::NotFound,
            (409, _) => Self::Conflict(FieldErrors(errors)),
            (422, _) => Self::Validation(FieldErrors(errors)),
            (429, _) => Self::RateLimited { retry_after },
            (503, Code::ListTooSlow) => Self::TooSlow,
            (503, _) => Self::Unavailable { retry_after },
            (507, _) => Self::NoSpace,
            _ => Self::Internal { request_id: request_id.unwrap_or_default() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_read_as_they_were_sent() {
        let mut several = FieldErrors::one(Code::UserEmailTaken, "email", "Already used in this company");
        several.push(Code::UserUsernameTaken, "username", "Already used in this company");
        let errors = [
            AppError::Malformed,
            AppError::Unauthenticated,
            AppError::Forbidden,
            AppError::ReauthRequired,
            AppError::FactorRequired,
            AppError::PasswordRequired,
            AppError::NotFound,
            AppError::conflict(Code::QuotaFull, "", "All seats of your plan are in use."),
            AppError::Conflict(several),
            AppError::field(Code::EmailInvalid, "email", "Enter an e-mail address"),
            AppError::RateLimited { retry_after: 7 },
            AppError::Unavailable { retry_after: 2 },
            AppError::TooSlow,
            AppError::NoSpace,
            AppError::Internal { request_id: "r".to_owned() },
        ];
        for error in errors {
            let text = serde_json::to_string(&error).unwrap();
            assert_eq!(serde_json::from_str::<AppError>(&text).unwrap(), error, "{text}");
        }
    }

    #[test]
    fn one_reason_has_its_code_and_several_have_a_common_one() {
        let one = AppError::conflict(Code::QuotaFull, "", "All seats of your plan are in use.");
        assert_eq!(serde_json::to_value(&one).unwrap()["code"], "quota.full");
        let mut errors = FieldErrors::one(Code::FieldRequired, "a", "x");
        errors.push(Code::FieldRequired, "b", "y");
        assert_eq!(AppError::Validation(errors.clone()).code(), Code::FieldRequired);
        errors.push(Code::EmailInvalid, "c", "z");
        assert_eq!(AppError::Validation(errors).code(), Code::Invalid);
    }
}
