/** Small projects, as people write them for Deno, answer as a function what they answer under `deno run -A`. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findDeno } from "../../../src/platform/runtime/deno-binary.ts";
import { statusesOf } from "../client-fixture.ts";
import { TestApp, useCore } from "../redeploy/app-fixture.ts";
import { FILES } from "./files.ts";
import type { Project } from "./project.ts";
import { SDKS } from "./sdks.ts";
import { SERVERS } from "./servers.ts";

const PROJECTS: readonly Project[] = [...SERVERS, ...SDKS, ...FILES];

interface Answer {
	readonly status: number | undefined;
	readonly type: string | undefined;
	readonly body: string;
}

/** @param to a Unix socket or a port */
async function answerOf(to: { socketPath: string } | { port: number }, path: string): Promise<Answer> {
	const call = request({ ...to, path, headers: { host: "project.example" }, agent: false }).end();
	const [response] = (await once(call, "response")) as [import("node:http").IncomingMessage];
	let body = "";
	for await (const part of response.setEncoding("utf8")) body += part;
	return { status: response.statusCode, type: response.headers["content-type"], body };
}

/** A text frame of a client (RFC 6455, 5.2): the message `hello`, masked with zeros. */
const HELLO = Buffer.from([0x81, 0x85, 0, 0, 0, 0, ...Buffer.from("hello")]);
/** A client's frame that closes, without a reason. */
const CLOSE = Buffer.from([0x88, 0x80, 0, 0, 0, 0]);

/** What a WebSocket sends after the first message, as frames in hexadecimal. */
async function framesOf(to: { socketPath: string } | { port: number }): Promise<string> {
	const headers = {
		host: "project.example",
		connection: "Upgrade",
		upgrade: "websocket",
		"sec-websocket-version": "13",
		"sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
	};
	const call = request({ ...to, path: "/socket", headers, agent: false }).end();
	const [, socket, head] = (await once(call, "upgrade")) as [unknown, import("node:net").Socket, Buffer];
	socket.write(HELLO);
	const parts = [head];
	for await (const part of socket) {
		parts.push(part);
		if (!socket.writableEnded && Buffer.concat(parts).includes(0x88)) socket.end(CLOSE);
	}
	return Buffer.concat(parts).toString("hex");
}

async function answersOf(to: { socketPath: string } | { port: number }, { hasSocket, paths }: Project) {
	const answers = await Promise.all(paths.map((path) => answerOf(to, path)));
	return { answers, frames: hasSocket ? await framesOf(to) : undefined };
}

async function freePort(): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as import("node:net").AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}

let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "coffer-projects-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a project under Deno, with every permission, until it says that it listens. */
async function runUnderDeno({ by, files, name }: Project, port: number): Promise<ChildProcess> {
	for (const [path, text] of Object.entries(files)) {
		mkdirSync(dirname(join(folder, name, path)), { recursive: true });
		writeFileSync(join(folder, name, path), text);
	}
	const args = by === "run" ? ["run", "-A"] : ["serve", "-A", "--host=127.0.0.1", `--port=${port}`];
	const child = spawn(await findDeno(), [...args, "index.ts"], {
		cwd: join(folder, name),
		env: { ...process.env, PORT: String(port), NO_COLOR: "1" },
		stdio: ["ignore", "pipe", "pipe"],
	});
	let output = "";
	await new Promise<void>((resolve, reject) => {
		const onData = (chunk: Buffer) => {
			output += chunk.toString("utf8");
			if (/listening/i.test(output)) resolve();
		};
		child.stdout.on("data", onData);
		child.stderr.on("data", onData);
		child.once("exit", (code) => reject(new Error(`Deno exited with ${code}: ${output}`)));
	});
	return child;
}

async function answersUnderDeno(project: Project) {
	const port = await freePort();
	const child = await runUnderDeno(project, port);
	try {
		return await answersOf({ port }, project);
	} finally {
		child.kill("SIGKILL");
	}
}

useCore();

describe("a project that runs under deno run -A answers the same as a function", () => {
	let app: TestApp;
	beforeAll(async () => {
		app = await TestApp.open("projects", { UNUSED: "1" });
		const files = PROJECTS.flatMap(({ name, files }) =>
			Object.entries(files).map(([path, text]) => [`functions/${name}/${path}`, text]),
		);
		const statuses = statusesOf(await app.deployFiles(Object.fromEntries(files)));
		expect(statuses).toEqual(Object.fromEntries(PROJECTS.map(({ name }) => [name, "deployed"])));
	}, 600_000);

	test.each(PROJECTS.map((project) => [project.name, project] as const))("%s", async (name, project) => {
		const instance = await app.functions.instance(name);
		if (instance === undefined) throw new Error(`${name} does not run.`);
		expect(await answersOf(instance, project)).toEqual(await answersUnderDeno(project));
	});
});
