import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { testPlace } from "../../platform/fixtures/core.ts";
import { Running } from "../../stories/support/process.ts";
import { cleanEnvironment } from "../../stories/support/project.ts";
import { filesBelow } from "../../support/files-below.ts";
import { PROGRAM } from "../../support/program.ts";
import { Tmux } from "../../support/tmux.ts";

const READY = /^\{"listen"/;

/** Starts `coffer platform start` in a folder of its own. */
function starter(root: string) {
	mkdirSync(join(root, "home"), { recursive: true });
	const env = { ...cleanEnvironment(), HOME: join(root, "home"), XDG_CACHE_HOME: join(root, "cache") };
	return (...flags: string[]) => {
		const place = ["--data", join(root, "data"), "--identity-file", join(root, "identity")];
		const addresses = ["--listen", "--control"].flatMap((flag) =>
			flags.includes(flag) ? [] : [flag, "127.0.0.1:0"],
		);
		return new Running({ args: ["platform", "start", ...place, ...addresses, ...flags], cwd: root, env });
	};
}

describe("coffer platform start --json", () => {
	test("prints one line once it is ready, with the token at the first start only, and ends in order", async () => {
		using place = testPlace();
		const start = starter(place.root);
		await using first = start("--json");
		const ready = JSON.parse(await first.stdout.next(READY)) as Record<string, string>;
		expect(Object.keys(ready)).toEqual(["listen", "control", "token"]);
		expect((await fetch(`${ready["control"]}/healthz`)).status).toBe(200);
		expect((await fetch(`${ready["listen"]}/nobody/here`)).status).toBe(404);
		first.signal("SIGTERM");
		const ended = await first.ended;
		expect([ended.status, ended.stdout.split("\n").length]).toEqual([0, 2]);
		expect(ended.stderr).not.toContain(ready["token"]?.slice(-20));

		await using second = start("--json");
		expect(Object.keys(JSON.parse(await second.stdout.next(READY)) as object)).toEqual(["listen", "control"]);
		second.signal("SIGINT");
		expect((await second.ended).status).toBe(0);
	});

	test("writes only to its own files, and the identity outside of the data directory", async () => {
		using place = testPlace();
		await using running = starter(place.root)("--json");
		await running.stdout.next(READY);
		const identity = readFileSync(join(place.root, "identity"), "utf8").trim();
		expect(statSync(join(place.root, "identity")).mode & 0o777).toBe(0o600);
		expect(statSync(join(place.root, "data")).mode & 0o777).toBe(0o700);
		const files = filesBelow(join(place.root, "data"));
		expect(files.map(({ path }) => basename(path))).toContain("store.db");
		expect(files.filter(({ bytes }) => bytes.includes(identity))).toEqual([]);
		running.signal("SIGTERM");
		await running.ended;
		rmSync(join(place.root, "identity"));
		await using other = starter(place.root)("--json");
		expect((await other.ended).error()).toMatchObject({ code: "PLATFORM_IDENTITY_MISSING", exit: 3 });
	});
});

describe("coffer platform start", () => {
	test("prints the token once, and the next steps", async () => {
		using place = testPlace();
		await using running = starter(place.root)();
		await running.stdout.next(/token +coffer_/);
		await running.stdout.next(/coffer link http:\/\/127\.0\.0\.1:\d+ --app APP/);
		running.signal("SIGTERM");
		expect((await running.ended).status).toBe(0);
	});

	test("names an address in use", async () => {
		using place = testPlace();
		const other = createServer();
		await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
		const taken = `127.0.0.1:${(other.address() as AddressInfo).port}`;
		for (const flag of ["--listen", "--control"]) {
			const ended = await starter(place.root)("--json", flag, taken).ended;
			expect(ended.status).toBe(6);
			expect(ended.stdout).toBe("");
			const document = ended.stderr.split("\n").findLast((line) => line !== "") ?? "";
			const { error } = JSON.parse(document) as { error: { code: string; message: string } };
			expect(error.code).toBe("ADDRESS_UNAVAILABLE");
			expect(error.message).toContain(taken);
		}
		other.close();
	});

	test.each([
		[["--control", "0.0.0.0:0"], "CONTROL_WITHOUT_TLS"],
		[["--listen", "8080"], "ADDRESS_INVALID"],
		[["--store", "postgres:x"], "STORE_URL_INVALID"],
		[["--allow-net", "example.com:80"], "ALLOW_NET_INVALID"],
	])("refuses %j", async (flags, code) => {
		using place = testPlace();
		const ended = await starter(place.root)("--json", ...flags).ended;
		expect([ended.status, ended.stdout, ended.error().code]).toEqual([2, "", code]);
	});

	test("ends in order when its terminal is closed", async () => {
		using place = testPlace();
		const log = join(place.root, "log");
		execFileSync("mkfifo", [log]);
		const addresses = ["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"];
		const files = ["--data", join(place.root, "data"), "--identity-file", join(place.root, "identity")];
		const program = [process.execPath, PROGRAM, "platform", "start", ...addresses, ...files];
		// Ends when the platform and all its processes have ended.
		const written = readFile(log, "utf8");
		await using terminal = new Tmux({
			command: ["sh", "-c", 'exec "$@" 2> "$0"', log, ...program],
			cwd: place.root,
			env: { ...cleanEnvironment(), HOME: place.root, XDG_CACHE_HOME: join(place.root, "cache") },
		});
		await terminal.until("The platform is ready");
		void terminal.tell("kill-server");
		await terminal.ended();
		expect(await written).toContain("the platform is ready");
		expect(await written).not.toContain("EIO");
	});

	test("does not wait for idle connections when it ends", async () => {
		using place = testPlace();
		await using running = starter(place.root)("--json");
		const ready = JSON.parse(await running.stdout.next(READY)) as Record<string, string>;
		const { hostname, port } = new URL(ready["control"] ?? "");
		const socket = connect(Number(port), hostname);
		await new Promise((resolve) => socket.once("connect", resolve));
		const gone = new Promise((resolve) => socket.once("close", resolve));
		socket.on("error", () => undefined).resume();
		running.signal("SIGTERM");
		await gone;
		expect((await running.ended).status).toBe(0);
	});
});
