/**
 * Request bodies that never end are refused at the function's limit, and the platform's memory does not grow
 * with them.
 */
import { readFileSync, readlinkSync, realpathSync } from "node:fs";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { link, type Platform, startPlatform } from "../support/platform.ts";
import { APP, newProject, type Project } from "../support/project.ts";

const TEN_GB = 10 * 1024 ** 3;
const CHUNK = Buffer.alloc(1024 * 1024, "x");
const GROWTH_BYTES_MAX = 50 * 1024 * 1024;
/** The largest body that the function accepts. */
const BODY_MB = 64;

let project: Project;
let platform: Platform;

beforeAll(async () => {
	[project, platform] = await Promise.all([newProject(), startPlatform()]);
	await link(project, platform);
	project.write(
		"functions/sink/index.ts",
		`export default async (request: Request) => {
			let size = 0;
			for await (const chunk of request.body ?? []) size += chunk.length;
			return new Response(String(size));
		};`,
	);
	project.write("functions/sink/function.jsonc", `{ "maxBodyMB": ${BODY_MB} }`);
	await project.ok(["functions", "deploy"]);
	// The first request makes the platform allocate what it needs to forward bodies at all.
	for (let count = 0; count < 3; count++) {
		const body = Buffer.alloc((BODY_MB - 1) * CHUNK.length);
		expect((await platform.call("sink", { method: "POST", body })).text).toBe(String(body.length));
	}
});
afterAll(async () => {
	await project?.[Symbol.asyncDispose]();
	await platform?.[Symbol.asyncDispose]();
});

/** A process and those that it has started, of this Node: the control plane, the data plane, the gateways, checks. */
function processesOf(pid: number): number[] {
	try {
		const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ");
		const isNode = readlinkSync(`/proc/${pid}/exe`) === realpathSync(process.execPath);
		const own = children.filter((child) => child !== "").flatMap((child) => processesOf(Number(child)));
		return isNode ? [pid, ...own] : own;
	} catch {
		// It has ended.
		return [];
	}
}

/** The peak of the resident memory of each process of the platform. */
function peaks(): ReadonlyMap<number, number> {
	const peakOf = (pid: number) =>
		Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) * 1024;
	return new Map(processesOf(platform.pid).map((pid) => [pid, peakOf(pid)]));
}

/** The most that a process has grown since. */
function growthSince(before: ReadonlyMap<number, number>): number {
	const now = peaks();
	return Math.max(...[...before].map(([pid, bytes]) => (now.get(pid) ?? bytes) - bytes));
}

/**
 * Sends the head, and then up to 10 GB as long as the server accepts data.
 * @returns the answer, and how many bytes were sent
 */
async function pour(url: string, head: string, piece: Buffer): Promise<{ answer: string; sent: number }> {
	const { hostname, port } = new URL(url);
	const socket = connect(Number(port), hostname);
	let answer = "";
	let sent = 0;
	const over = new Promise<void>((resolve) => socket.once("close", () => resolve()));
	socket.on("error", () => undefined);
	socket.setEncoding("latin1").on("data", (chunk: string) => {
		answer += chunk;
	});
	const push = () => {
		while (sent < TEN_GB && socket.writable) {
			sent += piece.length;
			if (!socket.write(piece)) return;
		}
		if (socket.writable) socket.end();
	};
	socket.on("drain", push);
	socket.once("connect", () => {
		socket.write(head);
		push();
	});
	await over;
	return { answer, sent };
}

const CHUNKED = Buffer.concat([Buffer.from(`${CHUNK.length.toString(16)}\r\n`), CHUNK, Buffer.from("\r\n")]);

describe("a request body of 10 GB", () => {
	test.each([
		["announced", `Content-Length: ${TEN_GB}`, CHUNK],
		["in chunks", "Transfer-Encoding: chunked", CHUNKED],
	])("is refused by the gateway, %s", async (_, line, piece) => {
		const before = peaks();
		expect(before.size).toBeGreaterThan(2);
		const head = `POST /${APP}/sink HTTP/1.1\r\nHost: h\r\n${line}\r\n\r\n`;
		const { answer, sent } = await pour(platform.listen, head, piece);
		expect(answer).toMatch(/^HTTP\/1\.1 413 .*"code":"BODY_TOO_LARGE"/s);
		expect(sent).toBeLessThan(TEN_GB);
		expect(growthSince(before)).toBeLessThanOrEqual(GROWTH_BYTES_MAX);
		expect((await platform.call("sink", { method: "POST", body: "hello" })).text).toBe("5");
	});

	test.each([
		["announced", `Content-Length: ${TEN_GB}`, CHUNK],
		["in chunks", "Transfer-Encoding: chunked", CHUNKED],
	])("is refused by the control API, %s", async (_, line, piece) => {
		const head = [
			`POST /v1/apps/${APP}/changes HTTP/1.1`,
			"Host: 127.0.0.1",
			`Authorization: Bearer ${platform.token}`,
			"Content-Type: application/json",
			line,
		];
		// The first body makes the process allocate what reading at this rate needs: the platform reads on for a moment.
		await pour(platform.control, `${head.join("\r\n")}\r\n\r\n`, piece);
		const before = peaks();
		const { answer, sent } = await pour(platform.control, `${head.join("\r\n")}\r\n\r\n`, piece);
		expect(answer).toMatch(/^HTTP\/1\.1 413 .*"code":"BODY_TOO_LARGE"/s);
		expect(sent).toBeLessThan(TEN_GB);
		expect(growthSince(before)).toBeLessThanOrEqual(GROWTH_BYTES_MAX);
	});
});
