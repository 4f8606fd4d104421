/** The frames that one client sends on one connection of HTTP/2, generated from a seed, and the allowed responses. */
import {
	block,
	CODES,
	END_HEADERS,
	END_STREAM,
	frame,
	get,
	type RawHttp2,
	uint32,
} from "../../../../platform/gateway/http2-server/frames.ts";
import type { Random } from "../../../random.ts";
import { waitForStreams, withHttp2 } from "./http2-client.ts";
import { ODD, SOUND } from "./raw-function.ts";
import type { Ready } from "./subject.program.ts";

interface StreamRequest {
	readonly path: string;
	readonly method: "GET" | "HEAD" | "POST";
	/** A tag that is in the body of this response and of no other. Empty if the response has none. */
	readonly tag: string;
	readonly statuses: readonly number[];
	/** Whether the response may break off. */
	readonly isOdd: boolean;
	/** What the client does with the stream. `cut` resets it in the midst of its body. */
	readonly act: "read" | "cancel" | "cancel later" | "cut";
	/** Frames before it that carry nothing of a request, by their names. */
	readonly before: readonly string[];
}

type End = "read" | "goaway" | "half-close" | "leave";

export interface Http2Conversation {
	readonly streams: readonly StreamRequest[];
	/** A frame after the requests that ends the connection, by its name. */
	readonly fatal: string | undefined;
	readonly end: End;
}

const HARMLESS: Readonly<Record<string, Buffer>> = {
	ping: frame("PING", 0, 0, "12345678"),
	"empty settings": frame("SETTINGS", 0, 0),
	"a larger window": frame("WINDOW_UPDATE", 0, 0, uint32(1)),
	"a priority": frame("PRIORITY", 0, 99, Buffer.from([0, 0, 0, 0, 7])),
};
const FATAL: Readonly<Record<string, Buffer>> = {
	"an even stream": frame("HEADERS", END_HEADERS | END_STREAM, 2, block(get("/shop/echo"))),
	"data of no stream": frame("DATA", END_STREAM, 0, "hello"),
	"an empty window": frame("WINDOW_UPDATE", 0, 0, uint32(0)),
	"fields that are none": frame("HEADERS", END_HEADERS | END_STREAM, 1_001, "\xff\xff\xff\xff\xff\xff"),
	"a continuation of nothing": frame("CONTINUATION", END_HEADERS, 1_001, "x"),
	"half a setting": frame("SETTINGS", 0, 0, "x"),
	"a push": frame("PUSH_PROMISE", END_HEADERS, 1, uint32(2)),
	"no frames": Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
};
const ENDS: readonly End[] = ["read", "read", "read", "goaway", "half-close", "leave"];
/** Statuses of a gateway that is overloaded, and for a body that broke off. */
const REFUSED = [400, 408, 503];

type Asked = Pick<StreamRequest, "path" | "method" | "tag" | "statuses" | "isOdd">;

function askedFrom(random: Random, tag: string): Asked {
	const echo = (path: string) => `/shop/echo${path}?tag=${tag}`;
	const raw = (kind: string) => `/shop/raw/${encodeURIComponent(kind)}?tag=${tag}`;
	const ok = { method: "GET", tag, statuses: [200, ...REFUSED], isOdd: false } as const;
	switch (random.int(8)) {
		case 0:
			return { ...ok, path: echo("/"), method: "HEAD", tag: "" };
		case 1:
			return { ...ok, path: echo("/slow") };
		case 2:
			return { ...ok, path: echo("/large") };
		case 3:
			return { ...ok, path: "/shop/echo/body", method: "POST" };
		case 4:
			return { ...ok, path: echo("/stream"), tag: "" };
		case 5:
			return { ...ok, path: `/shop/nobody?tag=${tag}`, tag: "", statuses: [404] };
		case 6: {
			const kind = random.pick(Object.keys(SOUND));
			return { ...ok, path: raw(kind), statuses: kind === "not found" ? [404] : ok.statuses };
		}
		default: {
			const statuses = [200, 502, 503, 504];
			return { ...ok, path: raw(random.pick(Object.keys(ODD))), tag: "", statuses, isOdd: true };
		}
	}
}

/** @param id makes the tags of this conversation unique */
export function http2ConversationFrom(random: Random, id: number): Http2Conversation {
	const streams = Array.from({ length: 1 + random.int(12) }, (_, index): StreamRequest => {
		const asked = askedFrom(random, `t${id}x${index}y`);
		const act = random.pick(["read", "read", "read", "read", "cancel", "cancel later"] as const);
		const before = random.chance(0.3) ? [random.pick(Object.keys(HARMLESS))] : [];
		return { ...asked, act: asked.method === "POST" && random.chance(0.2) ? "cut" : act, before };
	});
	const fatal = random.chance(0.25) ? random.pick(Object.keys(FATAL)) : undefined;
	return { streams, fatal, end: random.pick(ENDS) };
}

const idOf = (index: number) => 1 + 2 * index;

/** The frames of a request. */
function framesOf({ act, before, method, path, tag }: StreamRequest, id: number): Buffer[] {
	const hasBody = method === "POST";
	const flags = END_HEADERS | (hasBody ? 0 : END_STREAM);
	const frames = before.map((name) => HARMLESS[name] ?? Buffer.alloc(0));
	frames.push(frame("HEADERS", flags, id, block(get(path, [], method))));
	if (hasBody) frames.push(frame("DATA", act === "cut" ? 0 : END_STREAM, id, tag));
	if (act === "cut") frames.push(frame("RST_STREAM", 0, id, uint32(0)));
	if (act === "cancel") frames.push(frame("RST_STREAM", 0, id, uint32(CODES.CANCEL)));
	return frames;
}

/** Sends the frames, and waits until each stream that is read has ended, or the connection. */
async function converse(conversation: Http2Conversation, client: RawHttp2): Promise<void> {
	const { end, fatal, streams } = conversation;
	for (const [index, stream] of streams.entries()) client.send(...framesOf(stream, idOf(index)));
	const late = streams.flatMap(({ act }, index) => (act === "cancel later" ? [idOf(index)] : []));
	const cancel = (id: number) => frame("RST_STREAM", 0, id, uint32(CODES.CANCEL));
	if (late.length > 0) {
		await client.until(() => client.of("HEADERS").length > 0 || client.of("RST_STREAM").length > 0);
		client.send(...late.map(cancel));
	}
	if (fatal !== undefined) client.send(FATAL[fatal] ?? Buffer.alloc(0));
	if (end === "leave") return;
	if (end === "goaway") client.send(frame("GOAWAY", 0, 0, Buffer.concat([uint32(0), uint32(0)])));
	if (end === "half-close") client.socket.end();
	const read = streams.flatMap(({ act }, index) => (act === "read" ? [idOf(index)] : []));
	await waitForStreams(client, read);
}

/** The fault of a response that belongs to another request, or that is missing. */
function faultOf({ end, fatal, streams }: Http2Conversation, client: RawHttp2): string | undefined {
	const isOwed = fatal === undefined && (end === "read" || end === "goaway");
	for (const { stream, type } of client.frames) {
		const isKnown = stream % 2 === 1 && stream <= idOf(streams.length - 1);
		if ((type === "HEADERS" || type === "DATA") && !isKnown) return `a response on stream ${stream}`;
	}
	for (const [index, asked] of streams.entries()) {
		const id = idOf(index);
		const seen = Buffer.concat(client.of("DATA", id).map(({ payload }) => payload)).toString("latin1");
		const isOther = streams.some((other) => other !== asked && other.tag !== "" && seen.includes(other.tag));
		if (isOther) return `stream ${id} has another request's tag`;
		if (asked.act !== "read") continue;
		const { body, status = 0 } = client.seen(id);
		if (status === 0 && isOwed) return `stream ${id} has no response`;
		if (status !== 0 && !asked.statuses.includes(status)) return `stream ${id} has status ${status}`;
		if (body === undefined && isOwed && !asked.isOdd) return `the response on stream ${id} breaks off`;
		// Node ends a response before it resets it. Its length, which is not read here, tells the client what is missing.
		const isCut = !isOwed && body !== undefined && asked.tag.startsWith(body);
		if (asked.tag !== "" && status < 400 && body !== undefined && !isCut && !body.startsWith(asked.tag))
			return `stream ${id} has not its own response`;
	}
	return undefined;
}

/** Plays a conversation. @returns what is wrong with the responses, and their number */
export async function playHttp2(
	conversation: Http2Conversation,
	{ secure }: Pick<Ready, "secure">,
): Promise<{ fault: string | undefined; answers: number }> {
	const { client, end, text } = await withHttp2(secure.tls, (opened) => converse(conversation, opened));
	const answers = client?.of("HEADERS").length ?? 0;
	if (end === "silent") return { fault: `neither a response nor the end arrived: ${text}`, answers };
	if (client === undefined) return { fault: "it was not connected", answers };
	const fault = conversation.end === "leave" ? undefined : faultOf(conversation, client);
	return { fault: fault && `${fault}: ${text}`, answers };
}
