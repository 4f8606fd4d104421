import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundledProgram, type Program } from "../../support/bundle.ts";
import {
	type SecretService,
	type SecretServiceOptions,
	withSecretService,
} from "../../support/services/secret-service.ts";

/** The maximum time of a process that uses a keychain, including its start and end. */
const LIMIT_MS = 5000;

let program: Program;
beforeAll(async () => {
	program = await bundledProgram("test/identity/keychain.program.ts");
});
afterAll(() => program[Symbol.asyncDispose]());

async function use(env: Record<string, string>, ...args: string[]): Promise<unknown> {
	const { status, signal, stdout, stderr } = await program.run(args, env, LIMIT_MS);
	expect(signal).toBe(null);
	if (status === 0) return (JSON.parse(stdout) as { result: unknown }).result;
	expect(stdout).toBe("");
	return { status, ...(JSON.parse(stderr) as object) };
}

/** A Secret Service for the tests of one group. */
function service(options: SecretServiceOptions = {}): () => SecretService {
	let running: SecretService;
	beforeAll(async () => {
		running = await withSecretService(options);
	});
	afterAll(() => running.close());
	return () => running;
}

const fault = (code: string) => ({
	status: 3,
	exit: 3,
	code,
	hint: expect.stringMatching(/COFFER_IDENTITY\b.*COFFER_IDENTITY_FILE/),
});

describe("with an unlocked keyring", () => {
	const keyring = service();

	test("stores, replaces, returns and deletes texts by account", async () => {
		const { env } = keyring();
		expect(await use(env, "guarded", "get", "identity")).toBe(null);
		expect(await use(env, "guarded", "delete", "identity")).toBe(false);
		expect(await use(env, "guarded", "set", "identity", "one")).toBe(null);
		expect(await use(env, "guarded", "set", "token:https://a.example", "two ünïcode")).toBe(null);
		expect(await use(env, "guarded", "set", "identity", "three")).toBe(null);
		expect(await use(env, "guarded", "get", "identity")).toBe("three");
		expect(await use(env, "guarded", "get", "token:https://a.example")).toBe("two ünïcode");
		expect(await use(env, "guarded", "delete", "identity")).toBe(true);
		expect(await use(env, "guarded", "get", "identity")).toBe(null);
	});

	test("is found through the runtime folder too", async () => {
		const address = keyring().env.DBUS_SESSION_BUS_ADDRESS ?? "";
		const folder = /path=(.*)\/bus/.exec(address)?.[1] ?? "";
		expect(await use({ XDG_RUNTIME_DIR: folder }, "guarded", "get", "nobody")).toBe(null);
	});
});

describe("with a keyring that has stopped answering", () => {
	const keyring = service();

	test.concurrent.each(["get", "set", "delete"])(
		"%s ends at the time limit with a typed error",
		async (method) => {
			await keyring().pause();
			const result = await use(keyring().env, "guarded", method, "identity", "x");
			expect(result).toMatchObject(fault("KEYCHAIN_TIMEOUT"));
		},
		10_000,
	);

	test.concurrent.each(["get", "set", "delete"])(
		"the process ends although the library hangs in %s",
		async (method) => {
			await keyring().pause();
			const result = await use(keyring().env, "native", method, "identity", "x");
			expect(result).toMatchObject(fault("KEYCHAIN_TIMEOUT"));
		},
		10_000,
	);

	test("access works again once the keyring does", async () => {
		await keyring().resume();
		expect(await use(keyring().env, "guarded", "get", "nobody")).toBe(null);
	});
});

describe("with a locked keyring", () => {
	const keyring = service({ service: "locked" });

	test.each(["get", "set", "delete"])("%s reports that it is locked", async (method) => {
		expect(await use(keyring().env, "guarded", method, "identity", "x")).toMatchObject(
			fault("KEYCHAIN_LOCKED"),
		);
	});
});

describe("with a keyring that was locked after the entry was stored", () => {
	const keyring = service();

	test("the entry does not count as missing", async () => {
		await use(keyring().env, "guarded", "set", "identity", "x");
		await keyring().lock();
		for (const method of ["get", "set", "delete"]) {
			expect(await use(keyring().env, "guarded", method, "identity", "y")).toMatchObject(
				fault("KEYCHAIN_LOCKED"),
			);
		}
	});
});

describe("if the bus does not allow access to the service", () => {
	const keyring = service({ service: "denied" });

	test.each(["get", "set", "delete"])("%s reports that", async (method) => {
		expect(await use(keyring().env, "guarded", method, "identity", "x")).toMatchObject(
			fault("KEYCHAIN_DENIED"),
		);
	});
});

describe("without a keyring, access fails", () => {
	const bus = service({ service: "none" });

	test("on the bus", async () => {
		const result = await use(bus().env, "guarded", "get", "identity");
		expect(result).toMatchObject({
			...fault("KEYCHAIN_UNAVAILABLE"),
			message: expect.stringContaining("no Secret Service"),
		});
	});

	test.each([
		["no bus is named", {}],
		["nothing is there", { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent/bus" }],
		["the runtime folder has none", { XDG_RUNTIME_DIR: "/nonexistent" }],
		["the address is not a socket's", { DBUS_SESSION_BUS_ADDRESS: "tcp:host=localhost,port=1" }],
		["the address is junk", { DBUS_SESSION_BUS_ADDRESS: "unix:path=%" }],
	])("if %s", async (_, env) => {
		expect(await use(env, "guarded", "get", "identity")).toMatchObject(fault("KEYCHAIN_UNAVAILABLE"));
		expect(await use(env, "guarded", "set", "identity", "x")).toMatchObject(fault("KEYCHAIN_UNAVAILABLE"));
	});
});

describe("with another program at the bus's address, access fails", () => {
	let folder: string;
	let server: Server | undefined;
	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), "coffer-bus-"));
	});
	afterAll(async () => {
		server?.close();
		await rm(folder, { recursive: true });
	});

	async function answering(name: string, answers: string[]): Promise<Record<string, string>> {
		server?.close();
		const path = join(folder, name);
		server = createServer((socket) => {
			const left = [...answers];
			socket.on("data", () => socket.write(left.shift() ?? "")).on("error", () => {});
		});
		await new Promise<void>((resolve) => server?.listen(path, resolve));
		return { DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` };
	}

	test("if it is silent", async () => {
		const env = await answering("silent", []);
		expect(await use(env, "guarded", "get", "identity")).toMatchObject(fault("KEYCHAIN_TIMEOUT"));
	});

	test("if it refuses the authentication", async () => {
		const env = await answering("rejecting", ["REJECTED EXTERNAL\r\n"]);
		expect(await use(env, "guarded", "get", "identity")).toMatchObject(fault("KEYCHAIN_DENIED"));
	});

	test("if it sends invalid messages", async () => {
		const env = await answering("nonsense", ["OK 0\r\n", "x".repeat(100), "x".repeat(100)]);
		expect(await use(env, "guarded", "get", "identity")).toMatchObject(fault("KEYCHAIN_UNAVAILABLE"));
	});
});
