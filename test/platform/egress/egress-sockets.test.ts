/** The proxy inherits its sockets at the given file descriptors, and keeps its own network namespace. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readlinkSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { ProxyNamespace } from "../../../src/platform/egress/namespace/proxy-namespace.ts";
import { findTools } from "../../../src/platform/egress/namespace/tools.ts";
import { INHERITED_SOCKETS } from "../../../src/platform/egress/proxy/inherited-sockets.ts";
import { mayChangeUser } from "../../../src/platform/machine/users.ts";
import { findDeno } from "../../../src/platform/runtime/deno-binary.ts";
import { HOST_PATH } from "../runtime/harness.ts";

/** Prints a line `descriptor target` for each descriptor, then the network namespace. */
const SHOW = `cd /proc/$$/fd; for fd in *; do echo "$fd $(readlink $fd)"; done; readlink /proc/$$/ns/net`;
const OWN = INHERITED_SOCKETS.v4.tcp;
/** Deno uses about twenty descriptors itself. One that it closes at the wrong moment would not be a socket. */
const DENO_MAX = 64;
const FIRSTS = [OWN, OWN + 300];

test("no descriptor of the proxy's sockets is open in Deno", () => {
	const fds = Object.values(INHERITED_SOCKETS).flatMap(({ tcp, udp }) => [tcp, udp]);
	expect(Math.min(...fds)).toBeGreaterThan(2 * DENO_MAX);
	expect(new Set(fds).size).toBe(4);
});

/** Only root may open a network namespace. */
describe.each(mayChangeUser() ? FIRSTS : [])("with sockets at the descriptors from %i", (first) => {
	test("the program has only these sockets, and its original network namespace", async () => {
		const found = findTools();
		if ("missing" in found) throw new Error(`missing: ${found.missing.join(", ")}`);
		const namespace = await ProxyNamespace.open(found.tools, false);
		onTestFinished(() => namespace.close());
		const directory = mkdtempSync(join(tmpdir(), "ce-"));
		onTestFinished(() => rm(directory, { recursive: true }));
		const fds = [first, first + 1];
		const request = {
			namespace: namespace.path,
			sockets: fds.map((fd) => ({ fd, family: "v4", type: "tcp", address: "0.0.0.0", port: 9_000 + fd })),
			command: ["/bin/sh", "-c", SHOW],
			environment: { PATH: "/usr/bin:/bin" },
		};
		const opener = join(dirname(HOST_PATH), "egress-sockets.js");
		const args = ["run", "--quiet", "--no-config", "--allow-ffi", opener, JSON.stringify(request)];
		const { stdout, stderr } = spawnSync(await findDeno(), args, {
			cwd: "/",
			env: { DENO_DIR: directory, NO_COLOR: "1" },
			stdio: ["ignore", "pipe", "pipe"],
			encoding: "utf8",
		});
		expect(stderr).toBe("");
		const lines = stdout.trim().split("\n");
		const sockets = lines.filter((line) => line.includes("socket:")).map((line) => Number.parseInt(line, 10));
		// Node gives a child sockets as its standard streams.
		expect(sockets.filter((fd) => fd > 2).sort((a, b) => a - b)).toEqual(fds);
		expect(lines.at(-1)).toBe(readlinkSync("/proc/self/ns/net"));
		const there = execFileSync(found.tools.nsenter, [
			`--net=${namespace.path}`,
			"readlink",
			"/proc/self/ns/net",
		]);
		expect(there.toString().trim()).not.toBe(lines.at(-1));
	});
});
