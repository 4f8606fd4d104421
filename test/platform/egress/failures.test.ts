/** The network isolation fails while functions run. They lose the network, and never get the machine's network. */
import { once } from "node:events";
import { readlinkSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { mayChangeUser } from "../../../src/platform/machine/users.ts";
import { ask, launch, openRuntime } from "../runtime/harness.ts";
import {
	CONNECTION_ATTEMPTS,
	datagram,
	LISTENER,
	OWN_MACHINE,
	toListener,
	within,
} from "./connection-attempts.ts";
import { startIsolationProgram } from "./isolation.ts";
import { holdersOf, killOne } from "./processes.ts";
import { PUBLIC } from "./test-hosts.ts";

const PARTS = [
	["proxy", "the egress proxy has ended"],
	["namespace", "the network namespace of the egress proxy has ended"],
] as const;

/** Only root can create namespaces. */
describe.each(mayChangeUser() ? PARTS : [])("if the %s is killed", (part, what) => {
	test("a process that continues to run has no network at all", async () => {
		const program = await startIsolationProgram({ functions: { open: null } });
		onTestFinished(() => program.close());
		await program.probe("outside", LISTENER);
		const codes = [
			...[...PUBLIC, "10.1.2.3", "fd12:3456::9"].flatMap((host) =>
				Object.values(CONNECTION_ATTEMPTS).map((way) => within(1_000, way(host))),
			),
			...OWN_MACHINE.map((host) => within(1_000, toListener(host))),
			within(300, datagram(PUBLIC[0])),
			within(1_000, CONNECTION_ATTEMPTS.fetch?.("api.example") ?? ""),
		];
		expect(await program.probe("open", codes[0] ?? "")).toEqual({ result: "reached" });
		await program.refused();
		const [pid, ...others] = holdersOf(program.platformPid, part);
		expect(others).toEqual([]);
		killOne(pid);
		await vi.waitFor(async () => expect(await program.refused()).toEqual([`failed: ${what}`]));
		const outcomes = await Promise.all(codes.map((code) => program.probe("open", code)));
		expect(outcomes.map(({ result }) => result)).toEqual(codes.map(() => undefined));
		expect(await program.probe("outside", codes[0] ?? "")).toEqual({ result: "reached" });
	});

	test("functions are ended, the platform reports the failure, and the next start restores the isolation", async () => {
		const service = createServer((_, response) => response.end("reached")).listen(0, "127.0.0.1");
		await once(service, "listening");
		onTestFinished(() => void service.close());
		const { port } = service.address() as AddressInfo;
		const onFailedIsolation = vi.fn();
		const onMissingIsolation = (wall: string, why: string) => {
			throw new Error(`The isolation "${wall}" does not work: ${why}`);
		};
		const allowNet = [`127.0.0.1:${port}`];
		// Runtimes of earlier test files may share networks in this process.
		const shared = holdersOf(process.pid, part);
		const own = () => holdersOf(process.pid, part).filter((pid) => !shared.includes(pid));
		const harness = await openRuntime({
			allowNet,
			spares: 0,
			onFailedIsolation,
			onMissingIsolation,
		});
		onTestFinished(() => harness.close());
		expect(harness.runtime.network.isolation).toBe("namespace");
		const code = `export default async () => new Response(await fetch("http://127.0.0.1:${port}/").then((r) => r.text()));`;
		const start = () => harness.runtime.start(launch(code));
		const first = await start();
		expect((await ask(first.socketPath)).body).toBe("reached");
		const [pid, ...others] = own();
		expect(others).toEqual([]);
		killOne(pid);
		expect((await first.exited).signal).toBe("SIGKILL");
		expect(onFailedIsolation.mock.calls).toEqual([[what]]);
		const lines = await harness.lines("pay");
		expect(lines.at(-1)?.message).toBe("The network isolation of functions failed on the platform's side.");
		const second = await start();
		expect((await ask(second.socketPath)).body).toBe("reached");
		expect(readlinkSync(`/proc/${second.pid}/ns/net`)).not.toBe(readlinkSync("/proc/self/ns/net"));
		expect(own()).toHaveLength(1);
	});
});
