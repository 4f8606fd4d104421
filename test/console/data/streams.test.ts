/** Streams of the platform, and what becomes of their messages. */
import { describe, expect, test } from "vitest";
import { jsonLines, serverSentEvents } from "../../../src/console/data/decode.ts";
import { RequestFailure } from "../../../src/console/data/failure.ts";
import { backoffMs, type Connection, type Following, follow } from "../../../src/console/data/follow.ts";

describe("decoding", () => {
	test("lines of JSON may be cut anywhere", () => {
		const text = '{"a":"é"}\n\n{"b":2}\r\n{"c":3}\n';
		for (let at = 0; at <= text.length; at++) {
			const decode = jsonLines();
			expect([...decode(text.slice(0, at)), ...decode(text.slice(at))]).toEqual([
				{ a: "é" },
				{ b: 2 },
				{ c: 3 },
			]);
		}
	});

	test("server-sent events may be cut anywhere, have several lines, and comments between them", () => {
		const text = ': hello\n\ndata: {"a":\ndata: 1}\nid: 7\n\n: still here\n\ndata:{"b":2}\n\ndata: {"c"';
		for (let at = 0; at <= text.length; at++) {
			const decode = serverSentEvents();
			expect([...decode(text.slice(0, at)), ...decode(text.slice(at))]).toEqual([{ a: 1 }, { b: 2 }]);
		}
	});
});

/** Follows streams, each a list of chunks or an error, until there are no more. */
async function followed(streams: readonly (readonly string[] | Error)[], ended = new AbortController()) {
	const [messages, states, waits]: [unknown[], Connection["state"][], number[]] = [[], [], []];
	const left = [...streams];
	const following: Following = {
		open: async () => {
			const next = left.shift();
			if (next instanceof Error) throw next;
			return (async function* () {
				yield* next ?? [];
			})();
		},
		decoder: jsonLines,
		onMessage: (message) => messages.push(message),
		onConnection: ({ state }) => states.push(state),
		wait: async (ms) => {
			waits.push(ms);
			if (left.length === 0) ended.abort();
		},
		random: () => 0,
		signal: ended.signal,
	};
	await follow(following);
	return { messages, states, waits };
}

const OFFLINE = new RequestFailure("offline", { message: "" });

describe("following a stream", () => {
	test("connects again when it ends, and waits longer each time that it fails", async () => {
		const { messages, states, waits } = await followed([["1\n", "2\n"], OFFLINE, OFFLINE, ["3\n"], OFFLINE]);
		expect(messages).toEqual([1, 2, 3]);
		expect(waits).toEqual([500, 1_000, 2_000, 500, 1_000]);
		expect(states.slice(0, 5)).toEqual(["connecting", "open", "waiting", "connecting", "waiting"]);
	});

	test("gives up when the platform refuses, and says so", async () => {
		const { states, waits } = await followed([new RequestFailure("ended", { message: "" }), ["1\n"]]);
		expect(states).toEqual(["connecting", "refused"]);
		expect(waits).toEqual([]);
	});

	test("ends with its signal, without another attempt", async () => {
		const ended = new AbortController();
		ended.abort();
		expect(await followed([["1\n"]], ended)).toEqual({ messages: [], states: [], waits: [] });
	});

	test("never waits longer than half a minute, and differs between pages", () => {
		expect(backoffMs(100, 0)).toBe(30_000);
		expect(backoffMs(3, 1)).toBe(1_000);
		expect(backoffMs(3, 0)).toBe(2_000);
	});
});
