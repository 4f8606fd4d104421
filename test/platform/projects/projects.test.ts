/** Small projects give the same responses as a function and under `deno run -A`. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findDeno } from "../../../src/platform/runtime/deno-binary.ts";
import { collectSources } from "../../../src/project/functions/collect.ts";
import { discoverProject } from "../../../src/project/functions/discover.ts";
import { deployedEntry } from "../../../src/project/functions/function-entry.ts";
import { freePorts } from "../../support/free-ports.ts";
import { statusesOf } from "../fixtures/client.ts";
import { client, TestApp, useCore } from "../redeploy/app-fixture.ts";
import { FILES } from "./files.ts";
import { LAYOUTS } from "./layouts.ts";
import type { Project } from "./project.ts";
import { SDKS } from "./sdks.ts";
import { SERVERS } from "./servers.ts";
import { SMALL } from "./small.ts";

const PROJECTS: readonly Project[] = [...SMALL, ...SERVERS, ...SDKS, ...FILES, ...LAYOUTS];
const SECRETS = { PROJECT_KEY: "value" };

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

/** The frames that a WebSocket sends after the first message, in hexadecimal. */
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

async function answersOf(
	to: { socketPath: string } | { port: number },
	{ hasSocket, paths }: Project,
	prefix = "",
) {
	const answers = await Promise.all(paths.map((path) => answerOf(to, prefix + path)));
	return { answers, frames: hasSocket ? await framesOf(to) : undefined };
}

let root: string;
/** The process that runs all projects which need neither a configuration nor a port of their own. */
let shared: Promise<{ child: ChildProcess; port: number }>;
beforeAll(() => {
	root = mkdtempSync(join(tmpdir(), "coffer-projects-"));
	for (const project of PROJECTS) write(project);
	writeFileSync(join(root, "runner.ts"), RUNNER);
	shared = startShared();
});
afterAll(async () => {
	(await shared).child.kill("SIGKILL");
	rmSync(root, { recursive: true, force: true });
});

const folderOf = ({ folder, name }: Project) => folder ?? `functions/${name}`;

function write(project: Project): void {
	const make = (path: string) => {
		const full = join(root, folderOf(project), path);
		mkdirSync(dirname(full), { recursive: true });
		return full;
	};
	for (const [path, text] of Object.entries(project.files)) writeFileSync(make(path), text);
	for (const [path, target] of Object.entries(project.links ?? {})) symlinkSync(target, make(path));
}

/** Serves the projects in its arguments, `NAME=PATH`, each below `/NAME`. A rejection of one does not end the others. */
const RUNNER = `
const handlers = new Map();
for (const item of Deno.args) {
	const [name, path] = [item.slice(0, item.indexOf("=")), item.slice(item.indexOf("=") + 1)];
	handlers.set(name, (await import(path)).default);
}
Deno.serve({ port: Number(Deno.env.get("PORT")), hostname: "127.0.0.1" }, (request) => {
	const url = new URL(request.url);
	const [, name = "", rest = ""] = /^\\/([^/]+)(.*)$/.exec(url.pathname) ?? [];
	url.pathname = rest;
	return handlers.get(name).fetch(new Request(url, request));
});
globalThis.addEventListener("unhandledrejection", (event) => event.preventDefault());
console.log("listening");
`;

const CONFIGURATIONS = ["deno.json", "package.json"];
const isShared = ({ by, files, flags }: Project) =>
	by === "serve" && flags === undefined && !CONFIGURATIONS.some((name) => name in files);

const fileOf = (project: Project) => join(root, folderOf(project), project.entry ?? "index.ts");

async function startShared() {
	const [port = 0] = await freePorts(1);
	const items = PROJECTS.filter(isShared).map((one) => `${one.name}=${pathToFileURL(fileOf(one)).href}`);
	return { child: await runDeno(["run", "-A", "runner.ts", ...items], root, port), port };
}

/** Runs Deno until it says that it listens. */
async function runDeno(args: readonly string[], cwd: string, port: number): Promise<ChildProcess> {
	const env = { ...process.env, ...SECRETS, PORT: String(port), NO_COLOR: "1" };
	const child = spawn(await findDeno(), args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
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

/** The responses of a project under Deno, with every permission. */
async function answersUnderDeno(project: Project) {
	if (isShared(project)) return await answersOf({ port: (await shared).port }, project, `/${project.name}`);
	const [port = 0] = await freePorts(1);
	const serve = ["serve", "-A", "--host=127.0.0.1", `--port=${port}`];
	const args = project.by === "run" ? ["run", "-A"] : serve;
	const entry = project.entry ?? "index.ts";
	const child = await runDeno(
		[...args, ...(project.flags ?? []), entry],
		join(root, folderOf(project)),
		port,
	);
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
		app = await TestApp.open("projects", SECRETS);
		const { functions } = await discoverProject(root);
		const sources = await collectSources(root, functions);
		const events = await client.deployUpload(app.id, sources, functions.map(deployedEntry));
		const statuses = statusesOf(events);
		expect(statuses).toEqual(Object.fromEntries(PROJECTS.map(({ name }) => [name, "deployed"])));
	}, 600_000);

	test.each(PROJECTS.map((project) => [project.name, project] as const))("%s", async (name, project) => {
		const instance = await app.functions.instance(name);
		if (instance === undefined) throw new Error(`${name} does not run.`);
		expect(await answersOf(instance, project)).toEqual(await answersUnderDeno(project));
	});
});
