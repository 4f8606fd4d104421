/** The network's wall falls while functions run: they lose the network, and never get the machine's. */
import { once } from "node:events";
import { readlinkSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { mayChangeUser } from "../../../src/platform/machine/users.ts";
import { ask, launch, openRuntime } from "../runtime/harness.ts";
import { openSecondWall } from "./isolation.ts";
import { holdersOf, killOne } from "./processes.ts";
import { PUBLIC } from "./test-hosts.ts";
import { datagram, LISTENER, OWN_MACHINE, toListener, WAYS, within } from "./ways.ts";

const PARTS = [
	["proxy", "the egress proxy has ended"],
	["namespace", "the namespace of functions' network has fallen"],
] as const;

/** Where it is root, the platform builds such walls. */
describe.each(mayChangeUser() ? PARTS : [])("the %s is killed", (part, what) => {
	test("what runs on has no network at all", async () => {
		const it = await openSecondWall({ functions: { open: null } });
		onTestFinished(() => it.close());
		await it.probe("outside", LISTENER);
		const codes = [
			...[...PUBLIC, "10.1.2.3", "fd12:3456::9"].flatMap((host) =>
				Object.values(WAYS).map((way) => within(1_000, way(host))),
			),
			...OWN_MACHINE.map((host) => within(1_000, toListener(host))),
			within(300, datagram(PUBLIC[0])),
			within(1_000, WAYS.fetch?.("api.example") ?? ""),
		];
		expect(await it.probe("open", codes[0] ?? "")).toEqual({ result: "reached" });
		await it.refused();
		const [pid, ...others] = holdersOf(it.platformPid, part);
		expect(others).toEqual([]);
		killOne(pid);
		await vi.waitFor(async () => expect(await it.refused()).toEqual([`fallen: ${what}`]));
		const outcomes = await Promise.all(codes.map((code) => it.probe("open", code)));
		expect(outcomes.map(({ result }) => result)).toEqual(codes.map(() => undefined));
		expect(await it.probe("outside", codes[0] ?? "")).toEqual({ result: "reached" });
	});

	test("functions are ended, the platform is told, and the next start builds it anew", async () => {
		const service = createServer((_, response) => response.end("reached")).listen(0, "127.0.0.1");
		await once(service, "listening");
		onTestFinished(() => void service.close());
		const { port } = service.address() as AddressInfo;
		const onFailedIsolation = vi.fn();
		const onMissingIsolation = (wall: string, why: string) => {
			throw new Error(`There is no wall of the kind ${wall}: ${why}`);
		};
		const allowNet = [`127.0.0.1:${port}`];
		const harness = await openRuntime({
			allowNet,
			spares: 0,
			onFailedIsolation,
			onMissingIsolation,
		});
		onTestFinished(() => harness.close());
		expect(harness.runtime.network.wall).toBe("namespace");
		const code = `export default async () => new Response(await fetch("http://127.0.0.1:${port}/").then((r) => r.text()));`;
		const start = () => harness.runtime.start(launch(code));
		const first = await start();
		expect((await ask(first.socketPath)).body).toBe("reached");
		const [pid, ...others] = holdersOf(process.pid, part);
		expect(others).toEqual([]);
		killOne(pid);
		expect((await first.exited).signal).toBe("SIGKILL");
		expect(onFailedIsolation.mock.calls).toEqual([[what]]);
		const lines = await harness.lines("pay");
		expect(lines.at(-1)?.message).toBe("The network isolation of functions failed on the platform's side.");
		const second = await start();
		expect((await ask(second.socketPath)).body).toBe("reached");
		expect(readlinkSync(`/proc/${second.pid}/ns/net`)).not.toBe(readlinkSync("/proc/self/ns/net"));
		expect(holdersOf(process.pid, part)).toHaveLength(1);
	});
});
