//! What a token says that the project signed.

super::diagnoses! {
"TOKEN_CLAIMS_INVALID" {
"CLAIMS_DOUBLE_ENCODED": "The claims are JSON inside a JSON text", "They were serialized twice: `JSON.stringify` of something that was a text already.", "Give the library the object, or the text once.";
"CLAIMS_WITH_BOM": "The claims begin with a byte order mark", "They were read from a file in UTF-8 with BOM.", "Write them as UTF-8 without BOM.";
"CLAIMS_NOT_JSON": "The claims are not a JSON object", "Something else was signed: a text, an array, form data.", "Sign one JSON object.";
"CLAIMS_DUPLICATE_MEMBER": "A member stands twice in the claims", "The JSON was put together as text.", "Build an object and let the library write it.";
"CLAIMS_TOO_DEEP": "The claims are nested too deeply", "A whole document was put into the token.", "Put only the documented claims into it.";
"CLAIM_PREFIX_MISSING": "userId or visitorData stands without its prefix", "The claims are named `userId` and `visitorData` alone.", "Write the whole names, such as `https://iadvize.com/userId`, with the prefix of the project's settings.";
"CLAIM_PREFIX_WRONG": "userId stands under another prefix than the project's", "`http` for `https`, a missing or doubled slash, or another product's prefix.", "Copy the claim prefix from the project's settings, character by character.";
"USER_ID_MISSING": "The userId claim is missing", "The token says nothing of who the visitor is.", "Add `https://iadvize.com/userId` with your id of the person.";
"USER_ID_MISSPELLED": "The userId claim is misspelled", "`userid`, `userID` or `user_id`: names are compared letter by letter.", "Write `userId`.";
"USER_ID_IN_SUB": "The user's id is in sub instead of userId", "The library puts the subject there by itself.", "Add the userId claim; `sub` is not read.";
"USER_ID_IS_A_NUMBER": "The userId is a number", "A database id was put into the claims as it is.", "Write it as a text: `\"42\"`, not `42`. Large numbers would lose digits on their way.";
"USER_ID_IS_NULL": "The userId is null", "The token was made for somebody who is not signed in, or before the account was loaded.", "Make tokens for signed-in people only; others start an anonymous chat.";
"USER_ID_NOT_A_STRING": "The userId is not a text", "An object, an array or a truth value was put there.", "Write your id of the person as a text.";
"USER_ID_EMPTY": "The userId is empty", "The account has no id in the place where it was read.", "Write your id of the person; it must never be empty or shared.";
"USER_ID_TOO_LONG": "The userId is longer than 255 characters", "A token or a path was used as an id.", "Use an id of at most 255 characters that stays the same for the person.";
"USER_ID_NOT_PRINTABLE": "The userId contains control characters", "It holds a line break, a tab or a zero byte.", "Clean the id where it is read.";
"ISSUER_MISSING": "The iss claim is missing", "The library does not set it by itself.", "Set `iss` to a name of your provider, such as your site's address.";
"ISSUER_NOT_A_STRING": "The iss claim is not a text of 1 to 1,024 characters", "It is empty, too long, or not a text.", "Set `iss` to a name of your provider.";
"ISSUER_ALMOST": "The iss claim differs from the project's list in case or a slash", "Issuers are compared character by character.", "Write `iss` exactly as it stands in the project's settings.";
"ISSUER_NOT_ALLOWED": "The iss claim is not on the project's list", "The provider of another environment signed the token, or the list is out of date.", "Add the issuer to the project's settings, or correct it in the provider.";
"EXP_MISSING": "The exp claim is missing", "The library does not set it by itself.", "Set `exp` to now plus 60 seconds.";
"EXP_IS_A_STRING": "The exp claim is a text", "The number stands in quotes.", "Write it as a number: seconds since 1970.";
"EXP_IS_A_DATE": "The exp claim is a date", "A date was written as text.", "Write it as a number: seconds since 1970.";
"EXP_HAS_A_FRACTION": "The exp claim has a fraction", "Milliseconds were divided by 1,000 without rounding.", "Round it down: `Math.floor(Date.now() / 1000) + 60`.";
"EXP_NOT_AN_INTEGER": "The exp claim is not a whole number of seconds", "It is null, an object, or a number too large.", "Write it as a number: seconds since 1970.";
"EXP_IN_MILLISECONDS": "The exp claim is in milliseconds", "`Date.now()` and `System.currentTimeMillis()` give milliseconds; tokens have seconds.", "Divide by 1,000 and round down: `Math.floor(Date.now() / 1000) + 60`.";
"EXP_OUT_OF_RANGE": "The exp claim is not a plausible time", "It is negative.", "Write seconds since 1970.";
"EXP_BEFORE_IAT": "The exp claim is not later than iat", "Both were set to now, or they were mixed up.", "Set `iat` to now and `exp` to now plus 60 seconds.";
"LIFETIME_TOO_LONG": "The token lives longer than the project allows", "`exp` lies too far ahead, in the strict profile also of `iat`.", "Set `exp` to now plus 60 seconds, or raise the limit in the project's settings.";
"NBF_IN_MILLISECONDS": "The nbf claim is in milliseconds", "Tokens have seconds.", "Divide by 1,000 and round down, or leave `nbf` out.";
"NBF_NOT_AN_INTEGER": "The nbf claim is not a whole number of seconds", "It is a text, a fraction or not plausible.", "Write seconds since 1970, or leave it out.";
"TOKEN_NOT_YET_VALID": "The nbf claim lies in the future", "The token was made for later.", "Set `nbf` to now, or leave it out.";
"IAT_IN_MILLISECONDS": "The iat claim is in milliseconds", "Tokens have seconds.", "Divide by 1,000 and round down: `Math.floor(Date.now() / 1000)`.";
"IAT_NOT_AN_INTEGER": "The iat claim is not a whole number of seconds", "It is a text, a fraction or not plausible.", "Write seconds since 1970.";
"IAT_MISSING": "The iat claim is missing", "The strict profile wants it.", "Set `iat` to now.";
"IAT_IN_THE_FUTURE": "The iat claim lies in the future", "The provider's clock is far ahead, or local time was taken for UTC.", "Set the provider's clock by NTP and compute times in UTC.";
"TIME_ZONE_SUSPECTED": "Times are off by whole hours: a time zone is the likely cause", "Local time was taken for UTC.", "Compute seconds since 1970 from UTC; most languages have a call that needs no time zone.";
"CLOCK_SKEW_SUSPECTED": "The provider's clock is probably fast", "`iat` or `nbf` lies up to 15 minutes ahead of the platform's clock.", "Set the provider's clock by NTP.";
"AUDIENCE_NOT_A_STRING": "The aud claim is not a text or a list of texts", "It is a number, null or an object.", "Set `aud` to the site id, as a text.";
"AUDIENCE_MISMATCH": "The aud claim does not contain the site id", "The token was made for another project or another system.", "Set `aud` to the site id of the page's snippet.";
"AUDIENCE_MISSING": "The aud claim is missing", "The strict profile wants it.", "Set `aud` to the site id.";
"JTI_INVALID": "The jti claim is not a text of 1 to 255 characters", "It is a number, empty or too long.", "Use a random text, such as a UUID, new for every token.";
"JTI_MISSING": "The jti claim is missing", "The strict profile wants it.", "Use a random text, such as a UUID, new for every token.";
"VISITOR_DATA_DOUBLE_ENCODED": "visitorData is JSON inside a text", "It was serialized before it was put into the claims.", "Put the object itself into the claims.";
"VISITOR_DATA_NOT_AN_OBJECT": "visitorData is not an object", "A text, list or null was put there.", "Write an object, or leave visitorData out.";
"VISITOR_DATA_MEMBER_NULL": "A member of visitorData is null", "The account has no value for it, and the library writes null.", "Leave members without a value out.";
"VISITOR_DATA_NOT_A_STRING": "A documented member of visitorData is not a text", "A telephone number or zip code was written as a number, or an address as an object.", "Write every member as a text.";
"VISITOR_DATA_TOO_LONG": "A documented member of visitorData is longer than 1,024 characters", "Something else than the member's value was put there.", "Shorten the value.";
}
"TOKEN_EXPIRED" {
"EXP_IS_A_DURATION": "The exp claim is a duration instead of a time", "It holds how long the token is good for.", "Add the present time: `Math.floor(Date.now() / 1000) + 60`.";
"TOKEN_EXPIRED": "The token has expired", "The page kept it, the provider cached it, or the provider's clock is slow.", "Make a token for each request, and set the provider's clock by NTP.";
}
"TOKEN_REPLAYED" {
"TOKEN_REPLAYED": "A token with this jti was used before", "The page or the provider sends one token twice, or somebody else has sent it.", "Make a token with a new random `jti` for each request.";
}
}
