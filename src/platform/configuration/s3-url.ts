/** Where blobs are: a directory, or `s3://BUCKET/PREFIX?endpoint=URL&region=NAME`. */
import { AppError, EXIT } from "../../errors.ts";

/** A bucket of a service with the protocol of Amazon S3. */
export interface S3Place {
	readonly bucket: string;
	/** Empty, or ends with a slash. */
	readonly prefix: string;
	/** The URL of the service, without a slash at its end. */
	readonly endpoint: string;
	readonly region: string;
}

/** Names of variables that other programs for S3 read too. */
export interface S3Variables {
	readonly AWS_ACCESS_KEY_ID?: string | undefined;
	readonly AWS_SECRET_ACCESS_KEY?: string | undefined;
	readonly AWS_SESSION_TOKEN?: string | undefined;
	readonly AWS_REGION?: string | undefined;
	readonly AWS_DEFAULT_REGION?: string | undefined;
	readonly AWS_ENDPOINT_URL_S3?: string | undefined;
	readonly AWS_ENDPOINT_URL?: string | undefined;
}

export interface S3Credentials {
	readonly accessKeyId: string;
	readonly secretAccessKey: string;
	readonly sessionToken?: string | undefined;
}

const DEFAULT_REGION = "us-east-1";

export function isS3Url(place: string): boolean {
	return /^s3:/i.test(place);
}

function invalid(message: string): AppError {
	const hint =
		"Write s3://BUCKET or s3://BUCKET/PREFIX, and ?endpoint=https://HOST:PORT&region=NAME if needed.";
	return new AppError({ code: "BLOBS_URL_INVALID", message, hint, exit: EXIT.usage });
}

function endpointOf(text: string): string {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "")
		throw invalid("The endpoint in the URL of --blobs is not http://HOST:PORT or https://HOST:PORT.");
	if (url.username !== "" || url.password !== "")
		throw invalid("The endpoint in the URL of --blobs contains a user or a password.");
	return url.href.replace(/\/+$/, "");
}

/**
 * Reads the URL of a bucket.
 * @throws AppError `BLOBS_URL_INVALID` (exit 2). The message never contains the URL.
 */
export function parseS3Url(text: string, variables: S3Variables): S3Place {
	if (text.includes("@"))
		throw invalid("The URL of --blobs contains a user or a password, which others could see.");
	const [, bucket = "", path = "", query = ""] = /^s3:\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?$/i.exec(text) ?? [];
	if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket))
		throw invalid("The URL of --blobs contains no name of a bucket: 3 to 63 small letters, digits, . and -.");
	const prefix = path.replace(/^\//, "").replace(/\/$/, "");
	if (!/^([A-Za-z0-9._~-]+(\/[A-Za-z0-9._~-]+)*)?$/.test(prefix) || /(^|\/)\.{1,2}(\/|$)/.test(prefix))
		throw invalid(
			"The prefix in the URL of --blobs may contain letters, digits, and . _ ~ - between single slashes.",
		);
	const options = new URLSearchParams(query);
	for (const name of options.keys())
		if (name !== "endpoint" && name !== "region")
			throw invalid("The URL of --blobs may have the options endpoint and region, and no others.");
	const region =
		options.get("region") || variables.AWS_REGION || variables.AWS_DEFAULT_REGION || DEFAULT_REGION;
	if (!/^[a-z0-9-]+$/i.test(region)) throw invalid("The region in the URL of --blobs is not a name.");
	const endpoint = options.get("endpoint") || variables.AWS_ENDPOINT_URL_S3 || variables.AWS_ENDPOINT_URL;
	return {
		bucket,
		prefix: prefix === "" ? "" : `${prefix}/`,
		endpoint: endpointOf(endpoint ?? `https://s3.${region}.amazonaws.com`),
		region,
	};
}

/** The credentials in the environment. @throws AppError `BLOBS_CREDENTIALS_MISSING` (exit 2) */
export function s3CredentialsOf(variables: S3Variables): S3Credentials {
	const {
		AWS_ACCESS_KEY_ID: accessKeyId,
		AWS_SECRET_ACCESS_KEY: secretAccessKey,
		AWS_SESSION_TOKEN: sessionToken,
	} = variables;
	if (accessKeyId !== undefined && secretAccessKey !== undefined)
		return { accessKeyId, secretAccessKey, sessionToken };
	throw new AppError({
		code: "BLOBS_CREDENTIALS_MISSING",
		message: `The credentials for the bucket of --blobs are missing: ${accessKeyId === undefined ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY"} is not set.`,
		hint: "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN if they are temporary.",
		exit: EXIT.usage,
	});
}
