/** Responses of functions. The client gets a 502 for every invalid one, and no part of the response itself. */
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkAnswer, checkSwitch } from "../../../src/platform/gateway/function-answer.ts";
import { answerOf, type BytesStage, openBytesStage } from "./fixtures/bytes-stage.ts";
import { exchange, statusesOf } from "./fixtures/raw.ts";

const CONTROL_CHARACTERS = [..."\0\x01\x08\n\x0b\r\x1b\x1f\x7f"];
const CHUNKED = "transfer-encoding: chunked";
const TWO = "content-length: 2";
const WEBSOCKET = "connection: Upgrade\r\nupgrade: websocket";
const answer = (line: string, headers: string, body = "hi") =>
	`HTTP/1.1 ${line}\r\n${headers}\r\n\r\n${body}`;

/** Invalid responses, for which the client gets a 502, by their fault. */
const INVALID: Readonly<Record<string, string>> = {
	"status 000": answer("000 X", TWO),
	"status 099": answer("099 X", TWO),
	"status 600": answer("600 X", TWO),
	"status 999": answer("999 X", TWO),
	"status of two digits": answer("20 X", TWO),
	"a control character in the reason": answer("200 a\x01b", TWO),
	"a reason that does not end": answer(`200 ${"x".repeat(600)}`, TWO),
	"a reason of DEL": answer("200 \x7f", TWO),
	"a control character in a value": answer("200 OK", `x: a\x01b\r\n${TWO}`),
	"a name with a blank": answer("200 OK", `a b: c\r\n${TWO}`),
	"a name with a control character": answer("200 OK", `a\x01b: c\r\n${TWO}`),
	"no name": answer("200 OK", `: c\r\n${TWO}`),
	"600 headers": answer("200 OK", `${"a: b\r\n".repeat(600)}${TWO}`),
	"headers of 100 KB": answer("200 OK", `a: ${"b".repeat(100_000)}\r\n${TWO}`),
	"the same length twice": answer("200 OK", `${TWO}\r\n${TWO}`),
	"two lengths": answer("200 OK", `${TWO}\r\ncontent-length: 3`),
	"a length below zero": answer("200 OK", "content-length: -2"),
	"a length of letters": answer("200 OK", "content-length: two"),
	"a length that no number holds": answer("200 OK", `content-length: ${"9".repeat(30)}`),
	"a length and chunks": answer("200 OK", `${TWO}\r\n${CHUNKED}`, "2\r\nhi\r\n0\r\n\r\n"),
	"another coding": answer("200 OK", "transfer-encoding: gzip"),
	"two codings": answer("200 OK", "transfer-encoding: gzip, chunked", "2\r\nhi\r\n0\r\n\r\n"),
	"status 204 with a length": answer("204 X", TWO),
	"a switch of protocols": answer("101 X", WEBSOCKET),
	"a switch without a protocol": answer("101 X", TWO),
	"100 Continue": answer("100 X", "a: b", "") + answerOf("hi"),
	"1,000 early hints": answer("103 X", "a: b", "").repeat(1_000),
	"no HTTP": "this is no HTTP\r\n\r\n",
	"another version": "HTTP/3.0 200 OK\r\ncontent-length: 2\r\n\r\nhi",
	"bytes of every kind": String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte)),
};

/** Unusual but valid responses, which the client gets. */
const VALID: Readonly<Record<string, { bytes: string; status: number; body: string }>> = {
	"no reason": { bytes: answer("200 ", TWO), status: 200, body: "hi" },
	"early hints": { bytes: answer("103 X", "link: </a>", "") + answerOf("hi"), status: 200, body: "hi" },
	"status 599": { bytes: answer("599 X", TWO), status: 599, body: "hi" },
	trailers: {
		bytes: answer("200 OK", `${CHUNKED}\r\ntrailer: x`, "2\r\nhi\r\n0\r\nx: y\r\n\r\n"),
		status: 200,
		body: "hi",
	},
	"an empty value": { bytes: answer("200 OK", `x:\r\n${TWO}`), status: 200, body: "hi" },
	"a tab in a value": { bytes: answer("200 OK", `x: a\tb\r\n${TWO}`), status: 200, body: "hi" },
	"two answers": { bytes: answerOf("hi") + answerOf("no"), status: 200, body: "hi" },
	"bytes behind the end": { bytes: `${answerOf("hi")}more`, status: 200, body: "hi" },
};

const SWITCHES: Readonly<Record<string, string>> = {
	"to another protocol": answer("101 X", "connection: Upgrade\r\nupgrade: h2c", ""),
	"to two protocols": answer("101 X", "connection: Upgrade\r\nupgrade: websocket, h2c", ""),
	"with a control character in the reason": answer("101 a\x01b", WEBSOCKET, ""),
	"with a length": answer("101 X", `${WEBSOCKET}\r\n${TWO}`),
	"with chunks": answer("101 X", `${WEBSOCKET}\r\n${CHUNKED}`, "2\r\nhi\r\n0\r\n\r\n"),
	"with 600 headers": answer("101 X", `${"a: b\r\n".repeat(600)}${WEBSOCKET}`, ""),
	"with status 200": answer("200 X", `${WEBSOCKET}\r\ntransfer-encoding: gzip`),
};

const targets = new Map<string, string>();
const known = (bytes: string): string => {
	const target = `/${targets.size}`;
	targets.set(target, bytes);
	return target;
};
const get = (target: string, ...lines: string[]) =>
	`${[`GET /shop/raw${target} HTTP/1.1`, "Host: h", ...lines, ""].join("\r\n")}\r\n`;
const CLOSE = "Connection: close";
const UPGRADE = [
	"Connection: Upgrade",
	"Upgrade: websocket",
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
	"Sec-WebSocket-Version: 13",
];

let stage: BytesStage;
beforeAll(async () => {
	stage = await openBytesStage({
		raw: (socket, target) => socket.write(targets.get(target) ?? answerOf("honest"), "latin1"),
	});
});
afterAll(() => stage[Symbol.asyncDispose]());

/** Holds after every response: the next request is served, no request is in flight, no exception was contained. */
async function expectGoesOn(): Promise<void> {
	expect(await exchange(stage.port, get("/honest", CLOSE))).toMatch(/^HTTP\/1\.1 200 [\s\S]*honest$/);
	expect([stage.faults.count, stage.of("raw").inFlight]).toEqual([0, 0]);
}

describe("an invalid response becomes a 502", () => {
	test.each(Object.entries(INVALID))("%s", async (_, bytes) => {
		stage.invalid.length = 0;
		const text = await exchange(stage.port, get(known(bytes), CLOSE));
		expect(statusesOf(text)).toEqual([502]);
		expect(text).toContain('"code":"FUNCTION_ANSWER_INVALID"');
		expect(stage.invalid).toHaveLength(1);
		await expectGoesOn();
	});

	// Excluded are requests for a switch of protocol, and interim responses, which may come before the final
	// one.
	const declined = Object.entries(INVALID).filter(
		([name]) => !["a switch of protocols", "100 Continue"].includes(name),
	);
	test.each(declined)("to an upgrade: %s", async (_, bytes) => {
		const text = await exchange(stage.port, get(known(bytes), ...UPGRADE));
		expect(statusesOf(text)).toEqual([502]);
		await expectGoesOn();
	});

	test.each(Object.entries(SWITCHES))("a switch of protocols %s", async (_, bytes) => {
		stage.invalid.length = 0;
		const text = await exchange(stage.port, get(known(bytes), ...UPGRADE));
		expect(statusesOf(text)).toEqual([502]);
		expect(stage.invalid).toHaveLength(1);
		await expectGoesOn();
	});
});

test.each(Object.entries(VALID))("a response with %s is forwarded", async (_, { body, bytes, status }) => {
	const text = await exchange(stage.port, get(known(bytes), CLOSE));
	expect(statusesOf(text)).toEqual([status]);
	expect(text).toContain(body);
	expect(text).not.toContain("more");
	expect(text).not.toMatch(/^x: y/m);
	await expectGoesOn();
});

test("bytes after a response are never the response to the next request", async () => {
	const target = known(answerOf("mine") + answerOf("smuggled"));
	for (let round = 0; round < 50; round++) {
		const text = await exchange(stage.port, get(target) + get("/honest", CLOSE));
		expect(text).not.toContain("smuggled");
		expect(text).toMatch(/mineHTTP\/1\.1 200 [\s\S]*honest$/);
	}
});

test("if the client disconnects during an upgrade, the function's connection closes", async () => {
	const socket = connect(stage.port, "127.0.0.1");
	socket.write(get(known(answer("101 X", WEBSOCKET, "frames")), ...UPGRADE));
	await once(socket, "data");
	const [upstream] = [...stage.of("raw").sockets].slice(-1);
	const closed = upstream && once(upstream, "close");
	socket.destroy();
	await closed;
});

describe("the check of a response", () => {
	const head = (status: number, rawHeaders: string[] = [], reason = "OK") => ({ status, reason, rawHeaders });

	test.each(CONTROL_CHARACTERS)("finds the control character %j anywhere", (character) => {
		for (const check of [checkAnswer, checkSwitch]) {
			const status = check === checkAnswer ? 200 : 101;
			const upgrade = ["upgrade", "websocket"];
			expect(check(head(status, [...upgrade, "a", `b${character}`]), "id").fault).toMatch(/value/);
			expect(check(head(status, [...upgrade, `a${character}`, "b"]), "id").fault).toMatch(/name/);
			expect(check(head(status, upgrade, `a${character}`), "id").fault).toMatch(/reason/);
		}
	});

	test.each([Number.NaN, Number.POSITIVE_INFINITY, -1, 0, 99, 100, 101, 199, 200.5, 600, 1000])(
		"refuses the status %d",
		(status) => {
			expect(checkAnswer(head(status), "id").fault).toBeDefined();
		},
	);

	test("accepts a valid response, and an error quotes nothing of an invalid one", () => {
		expect(checkAnswer(head(200, ["A", "b"]), "id")).toEqual({
			status: 200,
			reason: "OK",
			headers: ["A", "b", "x-request-id", "id"],
			framing: { length: undefined, isChunked: false, isLast: false, keepAliveMs: undefined },
		});
		const { fault } = checkAnswer(head(200, ["secret\x01", "value"]), "id");
		expect(fault).not.toMatch(/secret/);
	});
});
