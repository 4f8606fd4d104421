/** Sends a request to a function. Redirects are answers, and are not followed. */
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { AppError, EXIT } from "../../errors.ts";
import { routeTo } from "../../http/request.ts";
import { requestFault } from "../../http/request-fault.ts";

export interface FunctionRequest {
	readonly url: URL;
	readonly method: string;
	/** A later header of the same name replaces an earlier one. */
	readonly headers: readonly (readonly [name: string, value: string])[];
	readonly body: Uint8Array | undefined;
	readonly signal: AbortSignal;
	/** Called with each part of the answer's body when it arrives. Without it, the body is collected. */
	readonly onPart?: ((part: Uint8Array) => void) | undefined;
}

export interface FunctionAnswer {
	readonly status: number;
	/** `OK`; empty if the answer has none. */
	readonly statusText: string;
	readonly headers: IncomingHttpHeaders;
	/** Empty if its parts were passed to `onPart`. */
	readonly body: Buffer;
	/** From the request to the end of the answer. */
	readonly ms: number;
}

const BODY_MIB_MAX = 64;
const BYTES_PER_MIB = 1024 * 1024;

/**
 * @throws AppError `FUNCTION_UNREACHABLE`, `ANSWER_INCOMPLETE` (exit 6), `ANSWER_TOO_LARGE` (exit 1), `HEADER_INVALID`
 *   (exit 2); the signal's reason
 */
export async function callFunction(request: FunctionRequest): Promise<FunctionAnswer> {
	const { onPart, signal } = request;
	const sinceMs = performance.now();
	let response: IncomingMessage | undefined;
	try {
		response = await send(request);
		const { headers, statusCode: status = 0, statusMessage: statusText = "" } = response;
		const body = onPart === undefined ? await readBody(response) : await handOut(response, onPart);
		return { status, statusText, headers, body, ms: Math.round(performance.now() - sinceMs) };
	} catch (error) {
		if (signal.aborted) throw signal.reason;
		if (error instanceof AppError) throw error;
		if (error instanceof TypeError) throw headerInvalid(error);
		if (response !== undefined) throw answerIncomplete(request.url, error);
		const { code, kind } = requestFault(error);
		throw new AppError({
			code: "FUNCTION_UNREACHABLE",
			message:
				kind === "certificate"
					? `The certificate of ${request.url.origin} is not valid${code}. Nothing was sent.`
					: `No answer came from ${request.url.origin}${code}.`,
			hint:
				kind === "certificate"
					? "Set NODE_EXTRA_CA_CERTS to the file of your own certificate authority. If the certificate is for another name, start the platform with that name in --listen, or use curl."
					: "Check that the server runs, and try again.",
			exit: EXIT.network,
			cause: error,
		});
	}
}

async function send({ body, headers, method, signal, url }: FunctionRequest): Promise<IncomingMessage> {
	const tunnel = await routeTo(url);
	const agent = tunnel && { agent: tunnel.agent };
	const isSecure = url.protocol === "https:";
	const start = isSecure ? process.getBuiltinModule("node:https").request : httpRequest;
	const length = body === undefined ? [] : [["content-length", String(body.length)] as const];
	return await new Promise((resolve, reject) => {
		const given = Object.fromEntries([...headers, ...length]);
		const outgoing = start(url, { method, headers: given, signal, ...agent }, resolve);
		const explained = tunnel?.watch(outgoing);
		outgoing.on("error", (error) => reject(explained?.(error) ?? error));
		outgoing.end(body);
	});
}

async function readBody(response: IncomingMessage): Promise<Buffer> {
	const chunks: Buffer[] = [];
	let length = 0;
	for await (const chunk of response as AsyncIterable<Buffer>) {
		length += chunk.length;
		if (length > BODY_MIB_MAX * BYTES_PER_MIB) throw answerTooLarge();
		chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}

async function handOut(response: IncomingMessage, onPart: (part: Uint8Array) => void): Promise<Buffer> {
	for await (const chunk of response as AsyncIterable<Buffer>) onPart(chunk);
	return Buffer.alloc(0);
}

function answerIncomplete({ origin }: URL, cause: unknown): AppError {
	return new AppError({
		code: "ANSWER_INCOMPLETE",
		message: `The answer from ${origin} broke off before its end${requestFault(cause).code}.`,
		hint: "The output of the function shows why it ended.",
		exit: EXIT.network,
		cause,
	});
}

function answerTooLarge(): AppError {
	return new AppError({
		code: "ANSWER_TOO_LARGE",
		message: `The body of the answer is larger than ${BODY_MIB_MAX} MiB.`,
		hint: "Run 'coffer dev', and send the request with curl to the function's address.",
		exit: EXIT.failure,
	});
}

/** Node's own message may quote the header, whose value may be a credential. */
function headerInvalid(cause: unknown): AppError {
	return new AppError({
		code: "HEADER_INVALID",
		message: "The method, or the name or value of a header, contains a character that HTTP does not allow.",
		hint: 'A header is "NAME: VALUE", such as --header "content-type: text/plain".',
		exit: EXIT.usage,
		cause,
	});
}
