/** The bytes that one client sends on one connection, generated from a seed, and the allowed responses. */
import type { Random } from "../../../random.ts";
import { readAnswers } from "./answers.ts";
import { type Exchange, FRAME, RawClient, request, UPGRADE } from "./client.ts";
import { ODD, SOUND } from "./raw-function.ts";
import type { Ready } from "./subject.program.ts";

/** A request, and how to recognise its response. */
interface TaggedRequest {
	readonly bytes: string;
	/** A tag that is in the body of this response and of no other. Empty if the response has none. */
	readonly tag: string;
	readonly statuses: readonly number[];
	readonly isHead?: boolean;
}

type End = "read to the end" | "half-close" | "reset" | "leave with the first bytes";

export interface Conversation {
	readonly port: "gateway" | "raw" | "control";
	/** Whether the gateway with TLS gets it. */
	readonly isSecure: boolean;
	readonly requests: readonly TaggedRequest[];
	/** Bytes after the requests: frames of a WebSocket, or an invalid request. */
	readonly behind: string;
	readonly end: End;
	/** The positions at which the bytes are split, as fractions of their length. */
	readonly splits: readonly number[];
}

/** Sent after the last request, so that the connection ends. */
const GARBAGE = ["", "", "", "hello\r\n\r\n", "GET\r\n\r\n", "\0\x01\x02\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"];
const FRAMES = [
	FRAME,
	FRAME.repeat(20),
	"\x88\x80\0\0\0\0",
	"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff",
	"\xff\xff\xff",
	"\x89\x00",
];
const ENDS: readonly End[] = [
	"read to the end",
	"read to the end",
	"half-close",
	"reset",
	"leave with the first bytes",
];
/** Statuses of the platform if it is overloaded, and for a body that broke off. */
const REFUSED = [400, 408, 503];

function echoRequest(random: Random, tag: string): TaggedRequest {
	const target = (path: string) => `/shop/echo${path}?tag=${tag}`;
	const ok = [200, ...REFUSED];
	switch (random.int(7)) {
		case 0:
			return { bytes: request(target("/"), [], "", "HEAD"), tag: "", statuses: ok, isHead: true };
		case 1:
			return { bytes: request(target("/slow")), tag, statuses: ok };
		case 2:
			return { bytes: request(target("/large")), tag, statuses: ok };
		case 3:
			return {
				bytes: request("/shop/echo/body", [`Content-Length: ${tag.length}`], tag, "POST"),
				tag,
				statuses: ok,
			};
		case 4: {
			const chunk = `${tag.length.toString(16)}\r\n${tag}\r\n0\r\n\r\n`;
			return {
				bytes: request("/shop/echo/body", ["Transfer-Encoding: chunked"], chunk, "POST"),
				tag,
				statuses: ok,
			};
		}
		case 5:
			return { bytes: request(`/shop/nobody?tag=${tag}`), tag: "", statuses: [404] };
		default:
			return { bytes: request(target("/")), tag, statuses: ok };
	}
}

function rawRequest(random: Random, tag: string): TaggedRequest {
	const target = (kind: string) => `/shop/raw/${encodeURIComponent(kind)}?tag=${tag}`;
	if (random.chance(0.6)) {
		const kind = random.pick(Object.keys(SOUND));
		const statuses = kind === "not found" ? [404] : [200, ...REFUSED];
		return { bytes: request(target(kind)), tag, statuses };
	}
	const kind = random.pick(Object.keys(ODD));
	// A response that breaks off in its body has begun by then.
	return { bytes: request(target(kind)), tag: "", statuses: [200, 502, 503, 504] };
}

function controlRequest(random: Random): TaggedRequest {
	const refused = [401, 429];
	return random.pick<TaggedRequest>([
		{ bytes: request("/healthz"), tag: "", statuses: [200] },
		{ bytes: request("/v1/apps"), tag: "", statuses: refused },
		{ bytes: request("/healthz", ["Expect: more"]), tag: "", statuses: [417] },
		{ bytes: request("/healthz", ["Host: another"]), tag: "", statuses: [400] },
	]);
}

/** @param id makes the tags of this conversation unique */
export function conversationFrom(random: Random, id: number): Conversation {
	const port = random.pick(["gateway", "gateway", "raw", "raw", "control"] as const);
	const requests = Array.from({ length: 1 + random.int(8) }, (_, index): TaggedRequest => {
		const tag = `t${id}x${index}y`;
		if (port === "control") return controlRequest(random);
		return port === "raw" ? rawRequest(random, tag) : echoRequest(random, tag);
	});
	const end = random.pick(ENDS);
	// What comes behind it gets no response before the client leaves.
	const hang = { bytes: request("/shop/echo/hang"), tag: "", statuses: [] };
	if (port === "gateway" && end === "reset") requests.splice(random.int(requests.length + 1), 0, hang);
	let behind = random.pick(GARBAGE);
	if (port !== "control" && random.chance(0.3)) {
		const path = port === "raw" ? "/shop/raw/switch" : "/shop/echo/ws";
		requests.push({ bytes: request(path, UPGRADE), tag: "", statuses: [101, 400, 503] });
		behind = random.pick(FRAMES);
	}
	const splits = Array.from({ length: random.int(4) }, () => random.below(1)).sort(
		(one, other) => one - other,
	);
	const isSecure = port !== "control" && random.chance(0.35);
	return { port, isSecure, requests, behind, end, splits };
}

/** Sends it, and reads the responses in the way that its `end` says. */
async function converse(
	{ requests: asked, behind, end, isSecure, port, splits }: Conversation,
	ready: Ready,
): Promise<Exchange> {
	using client = new RawClient(isSecure ? ready.secure : ready[port]);
	const bytes = asked.map((one) => one.bytes).join("") + behind;
	const cuts = [0, ...splits.map((part) => Math.floor(part * bytes.length)), bytes.length];
	for (let index = 1; index < cuts.length; index++) {
		const piece = bytes.slice(cuts[index - 1], cuts[index]);
		await new Promise<void>((resolve) => client.socket.write(piece, "latin1", () => resolve()));
	}
	if (end === "reset") {
		const seen = { text: client.text, end: "closed" as const };
		client.socket.resetAndDestroy();
		return seen;
	}
	if (end === "leave with the first bytes") return await client.until((text) => text !== "");
	if (end === "half-close") {
		client.socket.end();
		return await client.until();
	}
	const isEnough = (text: string) => {
		const { answers } = readAnswers(text, (index) => asked[index]?.isHead ?? false);
		return answers.filter(({ isWhole }) => isWhole).length >= asked.length;
	};
	return await client.until(isEnough);
}

/** Plays a conversation. @returns what is wrong with the responses, and their number */
export async function play(
	conversation: Conversation,
	ready: Ready,
): Promise<{ fault: string | undefined; answers: number }> {
	const exchange = await converse(conversation, ready);
	const answers = exchange.text.split(/HTTP\/1\.1 (?!103)\d/).length - 1;
	return { fault: faultOf(conversation, exchange), answers };
}

/** The responses that do not belong to their requests. */
function faultOf(
	{ requests: asked, behind, end, port }: Conversation,
	{ end: how, text }: Exchange,
): string | undefined {
	if (how === "silent") return "neither a response nor the end arrived";
	const { answers, invalid: odd, stream } = readAnswers(text, (index) => asked[index]?.isHead ?? false);
	if (odd !== undefined) return `the received bytes are not a response: ${JSON.stringify(odd)}`;
	for (const [index, { body, isWhole, status }] of answers.entries()) {
		const request = asked[index];
		if (request === undefined) {
			// The bytes after the last request are not a request, so they get one error response.
			if (behind !== "" && index === asked.length && (status === 400 || status === 408)) continue;
			return `answer ${index} belongs to no request`;
		}
		if (status >= 400 && REFUSED.includes(status) && index === answers.length - 1) continue;
		if (!request.statuses.includes(status)) return `answer ${index} has status ${status}`;
		const isTagged = request.tag !== "" && status < 400;
		if (isTagged && isWhole && !body.startsWith(request.tag))
			return `answer ${index} belongs to another request`;
		const others = asked.filter((other) => other !== request && other.tag !== "");
		if (others.some(({ tag }) => body.includes(tag))) return `answer ${index} has another request's tag`;
	}
	if (stream?.includes("HTTP/1.1 ") || asked.some(({ tag }) => tag !== "" && stream?.includes(tag)))
		return "a response is in the stream of a WebSocket";
	// The function `raw` may end the connection in the middle of a response. A Deno function does not.
	const isOwed = end === "read to the end" && (how === "seen" || port === "gateway");
	if (isOwed && answers.length < asked.length) return "a response is missing";
	return undefined;
}
