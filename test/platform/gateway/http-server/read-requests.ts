/** What two parsers make of the same bytes: the gateway's, and Node's own, which is llhttp. */
import { createRequire } from "node:module";
import { BadRequest } from "../../../../src/platform/gateway/http-server/bad-request.ts";
import type { RequestHead } from "../../../../src/platform/gateway/http-server/request-head.ts";
import { RequestReader } from "../../../../src/platform/gateway/http-server/request-reader.ts";

/** A complete request. */
export interface ReadRequest {
	readonly method: string;
	readonly target: string;
	readonly headers: readonly string[];
	readonly isKeptAlive: boolean;
	readonly body: string;
}

export interface Reading {
	readonly requests: readonly ReadRequest[];
	/** Whether the bytes after them were refused. Otherwise they are the beginning of a request, or nothing. */
	readonly isRefused: boolean;
}

/** What the gateway reads from bytes that arrive in pieces. A request that is refused for its meaning counts as refused. */
export function readByGateway(pieces: readonly Buffer[]): Reading {
	const requests: ReadRequest[] = [];
	let current: RequestHead | undefined;
	let isRefused = false;
	let body = "";
	const received = () => {
		if (current === undefined) return;
		const { headers, isKeptAlive, method, target } = current;
		requests.push({ method, target, headers, isKeptAlive, body });
		current = undefined;
		// Its connection closes after its response.
		if (!isKeptAlive) reader.stop();
	};
	const reader = new RequestReader({
		onHead: (head) => {
			body = "";
			isRefused ||= head.isMalformed;
			if (head.isMalformed) reader.stop();
			else current = head;
			if (reader.isReceived) received();
			else
				reader.setBodyReader({ onData: (data) => (body += data.toString("latin1")), onEnd: () => undefined });
		},
		onReceived: received,
	});
	try {
		for (const piece of pieces) {
			reader.add(piece);
			while (reader.step(true));
		}
	} catch (error) {
		if (!(error instanceof BadRequest)) throw error;
		isRefused = true;
	}
	return { requests, isRefused };
}

type Handler = (...args: never[]) => unknown;

/** Node's parser. It is the one that `node:http` uses, which has no public name. */
interface NodeParser {
	[event: number]: Handler;
	initialize(type: number, resource: object, maxHeaderSize: number, lenient: number): void;
	execute(bytes: Buffer): number | Error;
}
interface NodeParserClass {
	new (): NodeParser;
	readonly REQUEST: number;
	readonly kOnHeaders: number;
	readonly kOnHeadersComplete: number;
	readonly kOnBody: number;
	readonly kOnMessageComplete: number;
}
const { HTTPParser, methods } = createRequire(import.meta.url)("_http_common") as {
	HTTPParser: NodeParserClass;
	methods: readonly string[];
};

const trimmed = (headers: readonly string[]) => headers.map((text) => text.replace(/[ \t]+$/, ""));

/** What Node's strict parser reads from the bytes. */
export function readByNode(bytes: Buffer): Reading {
	const requests: ReadRequest[] = [];
	const parser = new HTTPParser();
	let head: Omit<ReadRequest, "body"> | undefined;
	let body = "";
	parser.initialize(HTTPParser.REQUEST, {}, 32 * 1024, 0);
	// Trailers come here, and after a request with trailers the headers of the next one as well.
	let flushed = { headers: [] as string[], target: "" };
	parser[HTTPParser.kOnHeaders] = (headers: string[], target: string) => {
		if (head === undefined)
			flushed = { headers: [...flushed.headers, ...headers], target: flushed.target + target };
	};
	parser[HTTPParser.kOnHeadersComplete] = (
		_major: number,
		_minor: number,
		headers: string[] | undefined,
		method: number,
		target: string | undefined,
		_status: unknown,
		_reason: unknown,
		_upgrade: boolean,
		isKeptAlive: boolean,
	) => {
		head = {
			method: methods[method] ?? "",
			target: target ?? flushed.target,
			headers: trimmed(headers ?? flushed.headers),
			isKeptAlive,
		};
		flushed = { headers: [], target: "" };
		body = "";
		return 0;
	};
	parser[HTTPParser.kOnBody] = (data: Buffer) => {
		body += data.toString("latin1");
	};
	parser[HTTPParser.kOnMessageComplete] = () => {
		if (head !== undefined) requests.push({ ...head, body });
		head = undefined;
	};
	return { requests, isRefused: parser.execute(bytes) instanceof Error };
}
