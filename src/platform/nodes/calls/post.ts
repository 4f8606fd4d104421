/** Sends bytes to another node over HTTP. */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";

/** The other node answered, and does not accept the request. */
export class NodeRefused extends Error {}

/**
 * Sends a body. The certificate of the other node is not checked: both bodies are encrypted with a key that only nodes
 * of the platform have, and the certificate of a control API rarely names each node.
 * @returns the chunks of the answer's body. Leaving them early closes the connection
 * @throws NodeRefused for a status other than 200; Error with the system's code; the signal's reason
 */
export async function post(
	url: URL,
	media: string,
	body: Uint8Array,
	signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
	signal.throwIfAborted();
	const headers = { "content-type": media, "content-length": String(body.length) };
	const options = { method: "POST", headers, signal, agent: false as const };
	const response = await new Promise<IncomingMessage>((resolve, reject) => {
		const request =
			url.protocol === "https:"
				? httpsRequest(url, { ...options, rejectUnauthorized: false }, resolve)
				: httpRequest(url, options, resolve);
		request.on("error", (error) => reject(signal.aborted ? signal.reason : error));
		request.end(body);
	});
	// The reader of the body gets the error. Without a reader, the error does not matter.
	response.on("error", () => undefined);
	if (response.statusCode === 200) return response;
	response.destroy();
	throw new NodeRefused(`the node answered with the status ${response.statusCode}`);
}
