/** What a failed request to S3 means: whether to repeat it, and the error for the user. */
import { AppError, EXIT, type ExitStatus } from "../../../errors.ts";
import { requestFault } from "../../../http/request-fault.ts";
import { printable } from "../../../printable.ts";

/** An answer of S3 that is not a success. */
export interface S3Refusal {
	readonly status: number;
	/** The code in the body, such as `NoSuchBucket`. Empty if the body has none. */
	readonly code: string;
	readonly message: string;
	/** The region of the bucket, if S3 names it. */
	readonly region: string | undefined;
}

/** The text of an element without elements in it. Keys and codes contain no entities. */
export function elementOf(xml: string, name: string): string | undefined {
	return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
}

/** Reads a refusal. @param xml the body. A HEAD request has none */
export function refusalOf(status: number, headers: Headers, xml: string): S3Refusal {
	return {
		status,
		code: elementOf(xml, "Code") ?? "",
		message: elementOf(xml, "Message") ?? "",
		region: headers.get("x-amz-bucket-region") ?? elementOf(xml, "Region"),
	};
}

function fault(code: string, message: string, hint: string, exit: ExitStatus, cause?: unknown): AppError {
	return new AppError({ code, message, hint, exit, cause });
}

/** Codes of S3 for credentials that it does not accept. */
const CREDENTIALS = new Set([
	"InvalidAccessKeyId",
	"SignatureDoesNotMatch",
	"ExpiredToken",
	"InvalidToken",
	"TokenRefreshRequired",
]);

/** Whether a request with this answer may succeed a moment later. */
export function isPassing({ code, status }: S3Refusal): boolean {
	return status >= 500 || status === 429 || code === "RequestTimeout" || code === "OperationAborted";
}

/** @param place the bucket, for messages */
export function refused(place: string, refusal: S3Refusal): AppError {
	const { code, message, region, status } = refusal;
	const said = printable(code === "" ? `status ${status}` : code).slice(0, 80);
	if (code === "NoSuchBucket")
		return fault(
			"BLOBS_NO_BUCKET",
			`The bucket ${place} does not exist.`,
			"Create the bucket, or name another one with --blobs s3://BUCKET.",
			EXIT.notFound,
		);
	if (code === "RequestTimeTooSkewed")
		return fault(
			"BLOBS_FORBIDDEN",
			`The service of the bucket ${place} has another time than this machine.`,
			"Set the clock of this machine.",
			EXIT.unauthorised,
		);
	if (code === "PermanentRedirect" || code === "AuthorizationHeaderMalformed" || status === 301)
		return fault(
			"BLOBS_WRONG_REGION",
			`The bucket ${place} is in another region${region === undefined ? "" : ` (${printable(region).slice(0, 40)})`}.`,
			"Name its region: --blobs 's3://BUCKET?region=NAME'.",
			EXIT.usage,
		);
	if (CREDENTIALS.has(code) || status === 401)
		return fault(
			"BLOBS_FORBIDDEN",
			`The service of the bucket ${place} does not accept the credentials (${said}).`,
			"Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.",
			EXIT.unauthorised,
		);
	if (status === 403)
		return fault(
			"BLOBS_FORBIDDEN",
			`The credentials may not use the bucket ${place} (${said}).`,
			"Allow s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject and s3:DeleteObject on its objects.",
			EXIT.unauthorised,
		);
	if (isPassing(refusal)) return unreachable(place, said);
	return fault(
		"BLOBS_UNUSABLE",
		`The service of the bucket ${place} refuses a request (${said}): ${printable(message).slice(0, 200)}.`,
		"Check the bucket, and the endpoint of --blobs.",
		EXIT.failure,
	);
}

/** @param reason why there was no answer */
export function unreachable(place: string, reason: string, cause?: unknown): AppError {
	return fault(
		"BLOBS_UNREACHABLE",
		`The service of the bucket ${place} did not answer (${reason}).`,
		"Check that it runs and can be reached, and the endpoint of --blobs.",
		EXIT.network,
		cause,
	);
}

/** The error for a request that got no answer. */
export function unanswered(place: string, thrown: unknown): AppError {
	const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
	const { code, kind } = requestFault(cause);
	if (kind === "certificate")
		return fault(
			"BLOBS_CERTIFICATE_INVALID",
			`The certificate of the service of the bucket ${place} is not valid for it${code}.`,
			"Name its authority with NODE_EXTRA_CA_CERTS, and use a host name that the certificate contains.",
			EXIT.network,
			cause,
		);
	const reason = (thrown as Error | undefined)?.name === "TimeoutError" ? "no answer in time" : code.trim();
	return unreachable(place, reason.replace(/^\((.*)\)$/, "$1") || "the connection failed", cause);
}
