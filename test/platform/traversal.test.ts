/**
 * Names and paths that try to leave their folder: nothing is written anywhere, and the response gives the
 * reason.
 */
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { utf8 } from "../../src/bytes.ts";
import { NO_LOG } from "../../src/platform/faults/log.ts";
import { type Platform, startPlatform } from "../../src/platform/server.ts";
import { blobHash } from "../../src/protocol/blob-hash.ts";
import { linesOf, TestClient } from "./fixtures/client.ts";
import { testPlace } from "./fixtures/core.ts";
import { LITERAL_PATHS, MARK, NAMES, PATHS } from "./fixtures/traversal-spellings.ts";
import { newTestIdentity, TestVault } from "./fixtures/vault.ts";

const APP = "shop";
const SOURCE = utf8(`export default () => new Response("${MARK}");`);
const HASH = blobHash(SOURCE);

const place = testPlace();
let platform: Platform;
let client: TestClient;

beforeAll(async () => {
	const identity = newTestIdentity();
	platform = await startPlatform(place.config, { identity, log: NO_LOG });
	client = new TestClient((path, init) => fetch(platform.controlUrl + path, init), platform.firstToken ?? "");
	const vault = new TestVault().add(identity, "reader", "platform");
	const { revision, head } = await client.createApp(APP, vault);
	await client.send(
		APP,
		vault.change(APP, { revision, head }, [vault.record("A", 1, "a")], { header: vault.header }),
	);
	await client.deploy(APP, { "functions/hello/index.ts": "export default () => new Response('hello');" });
	const stored = await put(`/v1/apps/${APP}/blobs/${HASH}`, SOURCE);
	expect(stored).toBeLessThan(300);
});
afterAll(async () => {
	await platform?.close();
	place[Symbol.dispose]();
});

/** A request whose target is sent without normalisation. */
function send(method: string, target: string, body?: Uint8Array | string, type = "application/json") {
	const headers = { authorization: `Bearer ${platform.firstToken}`, ...(body && { "content-type": type }) };
	const { hostname, port } = new URL(platform.controlUrl);
	return new Promise<{ status: number; text: string }>((resolve, reject) => {
		const outgoing = request({ hostname, port, method, path: target, headers }, (response) => {
			let text = "";
			response.setEncoding("utf8").on("data", (chunk: string) => {
				text += chunk;
			});
			response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
		});
		outgoing.on("error", reject);
		outgoing.end(body);
	});
}

const put = async (target: string, body: Uint8Array) =>
	(await send("PUT", target, body, "application/octet-stream")).status;

/** Every file in the platform's folder, by path, with its contents. SQLite's own files are left out. */
function tree(): string[] {
	return readdirSync(place.root, { recursive: true, encoding: "utf8" })
		.filter((path) => !/store\.db(-wal|-shm)?$/.test(path))
		.map((path) => {
			const full = join(place.root, path);
			const stat = lstatSync(full);
			return stat.isFile()
				? `${path} ${createHash("sha256").update(readFileSync(full)).digest("hex")}`
				: path;
		})
		.sort();
}

/** Files with the marker's name at the places to which the paths lead, outside the platform's folder. */
function escaped(): string[] {
	const folders = [
		"/",
		"/etc",
		"/tmp",
		"/dev/shm",
		"/root",
		"/var",
		tmpdir(),
		homedir(),
		process.cwd(),
		place.root,
	];
	return folders.flatMap((folder) => {
		try {
			return readdirSync(folder).filter((name) => name.includes(MARK));
		} catch {
			return [];
		}
	});
}

/** Checks a refusal: a problem document with a 4xx status, or the failure of that one function. */
async function expectRefused(answer: { status: number; text: string }): Promise<void> {
	if (answer.status === 200) {
		const [event] = await linesOf(new Response(answer.text));
		expect(event).toMatchObject({ type: "problem", problem: { status: expect.any(Number) } });
		return;
	}
	expect(answer.status).toBeGreaterThanOrEqual(400);
	expect(answer.status).toBeLessThan(500);
	expect(JSON.parse(answer.text)).toMatchObject({
		status: answer.status,
		code: expect.stringMatching(/^[A-Z_]+$/),
	});
}

function deploy(files: string[], one: { name: string; entry: string; settings?: string }) {
	const body = { files: files.map((path) => [path, HASH]), functions: [one], prune: false };
	return send("POST", `/v1/apps/${APP}/deployments`, JSON.stringify(body));
}

test("there are many traversal attempts, and the search finds a planted file", () => {
	expect(new Set(PATHS).size).toBeGreaterThanOrEqual(60);
	expect(tree().length).toBeGreaterThan(5);
});

const ENTRY = "functions/a/index.ts";

describe.each([
	[
		"the path of an uploaded file",
		PATHS,
		(path: string) => deploy([ENTRY, path], { name: "a", entry: ENTRY }),
	],
	["the path of an entry", PATHS, (path: string) => deploy([path], { name: "a", entry: path })],
	["an entry that is not uploaded", PATHS, (path: string) => deploy([ENTRY], { name: "a", entry: path })],
	[
		"the path of settings",
		PATHS,
		(path: string) => deploy([ENTRY], { name: "a", entry: ENTRY, settings: path }),
	],
	["a function's name", NAMES, (name: string) => deploy([ENTRY], { name, entry: ENTRY })],
	[
		"the name of a function that is deleted",
		NAMES,
		(name: string) => send("DELETE", `/v1/apps/${APP}/functions?name=${encodeURIComponent(name)}`),
	],
	[
		"the name of a function whose log is read",
		NAMES,
		(name: string) => send("GET", `/v1/apps/${APP}/logs?function=${encodeURIComponent(name)}`),
	],
	[
		"an app's name",
		NAMES,
		(name: string) =>
			send(
				"PUT",
				`/v1/apps/${encodeURIComponent(name)}`,
				JSON.stringify({ vaultId: HASH, environment: "production" }),
			),
	],
	[
		"a blob's hash",
		NAMES,
		(name: string) =>
			send("PUT", `/v1/apps/${APP}/blobs/${encodeURIComponent(name)}`, SOURCE, "application/octet-stream"),
	],
] as const)("%s", (_, spellings, ask) => {
	test("reaches no file, in any spelling", async () => {
		const before = tree();
		for (const spelling of spellings) await expectRefused(await ask(spelling));
		expect(tree()).toEqual(before);
		expect(escaped()).toEqual([]);
	});
});

test("a request target with dot segments reaches no file", async () => {
	const before = tree();
	for (const name of NAMES.filter((name) => /^[!-~]+$/.test(name) && !name.includes("#"))) {
		for (const target of [`/v1/apps/${APP}/blobs/${name}`, `/v1/apps/${name}`, `/${name}`]) {
			const { status } = await send("PUT", target, SOURCE, "application/octet-stream");
			expect(status).toBeGreaterThanOrEqual(400);
			expect(status).toBeLessThan(500);
		}
	}
	expect(tree()).toEqual(before);
	expect(escaped()).toEqual([]);
});

test("a path that only resembles a traversal stays below its folder", async () => {
	const outside = () => tree().filter((path) => !path.startsWith("data/"));
	const before = outside();
	for (const path of LITERAL_PATHS) {
		const { status, text } = await deploy([path], { name: "literal", entry: path });
		expect([status, text]).toEqual([200, expect.stringContaining('"status":')]);
	}
	expect(outside()).toEqual(before);
	expect(escaped()).toEqual([]);
});
