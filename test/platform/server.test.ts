import { existsSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { type Log, NO_LOG } from "../../src/platform/faults/log.ts";
import { SYSTEM_CLOCK } from "../../src/platform/machine/clock.ts";
import { startPlatform } from "../../src/platform/server.ts";
import type { ChangeEvent } from "../../src/protocol/messages.ts";
import { Authority } from "../stories/support/network/authority.ts";
import { statusesOf } from "./fixtures/client.ts";
import { testPlace } from "./fixtures/core.ts";
import { APP, Story } from "./fixtures/platform-story.ts";
import { newTestIdentity } from "./fixtures/vault.ts";

const FILES = {
	"functions/pay/index.ts":
		'Deno.serve(() => new Response(`${Deno.env.get("PAY_KEY")} ${Deno.env.has("MAIL_KEY")}`));',
	"functions/mail/index.ts": 'export default () => new Response(Deno.env.get("MAIL_KEY") ?? "no key");',
};

function redeployedOf(events: readonly ChangeEvent[]): [string, string][] {
	return events.flatMap((event): [string, string][] =>
		event.type === "redeployed" ? [[event.result.function, event.result.status]] : [],
	);
}

test("a platform that stops still takes requests for the drain delay, and says that it is not ready", async () => {
	using place = testPlace();
	const config = { ...place.config, drainDelayMs: 1_000 };
	const platform = await startPlatform(config, { identity: newTestIdentity(), log: NO_LOG });
	const ready = async () => (await fetch(`${platform.controlUrl}/readyz`)).status;
	const served = async () => (await fetch(`${platform.listenUrl}/shop/pay`)).status;
	expect([await ready(), await served()]).toEqual([200, 404]);
	const closed = platform.close();
	expect([await ready(), await served()]).toEqual([503, 404]);
	await closed;
	await expect(served()).rejects.toThrow();
});

describe("the main job over real sockets", () => {
	test("a changed secret restarts exactly the function that reads it", async () => {
		await using story = new Story(0, "own");
		await story.start();
		await story.send("PAY_KEY", 1, "first");
		expect(statusesOf(await story.client.deploy(APP, FILES))).toEqual({ pay: "deployed", mail: "deployed" });
		expect(await story.body("pay")).toBe("first false");
		expect(await story.body("mail")).toBe("no key");

		const before = await story.pids();
		const events = await story.send("PAY_KEY", 2, "second");
		expect(redeployedOf(events)).toEqual([["pay", "live"]]);
		expect(events.at(-1)).toEqual({ type: "done", untouched: ["mail"] });
		const after = await story.pids();
		expect(after["mail"]).toBe(before["mail"]);
		expect(after["pay"]).not.toBe(before["pay"]);
		expect(await story.body("pay")).toBe("second false");

		expect(redeployedOf(await story.send("PAY_KEY", 3, undefined))).toEqual([["pay", "live"]]);
		expect(await story.body("pay")).toBe("undefined false");
		expect((await story.pids())["mail"]).toBe(before["mail"]);
	});

	test("its log names the driver that limits resources, and both the log and the list name missing limits", async () => {
		await using story = new Story(0, "own");
		const logged: [object, string][] = [];
		const note = (what: object, text: string) => void logged.push([what, text]);
		await story.start({ info: note, warn: note, error: note } as Log);
		await story.send("PAY_KEY", 1, "first");
		const ready = logged.find(([, text]) => text === "the platform is ready");
		expect(ready?.[0]).toMatchObject({ limits: expect.stringMatching(/^(cgroup v[12]|priority)$/) });
		const { network, unbounded } = await story.client.list(APP);
		expect(network?.wall).toMatch(/^(namespace|user rules|none)$/);
		expect(ready?.[0]).toMatchObject({ network: network?.wall });
		const open = logged.filter(
			([, text]) => text === "some network restrictions of functions do not work on this machine",
		);
		expect(open.map(([what]) => what)).toEqual(
			network?.missing.length === 0 ? [] : [{ missing: network?.missing }],
		);
		const warned = logged.filter(
			([, text]) => text === "some limits of functions do not work on this machine",
		);
		expect(warned.map(([what]) => what)).toEqual(unbounded?.length === 0 ? [] : [{ missing: unbounded }]);
	});

	test("unchanged sources restart nothing, and a restart of the platform keeps everything", async () => {
		await using story = new Story(0, "own");
		await story.start();
		await story.send("MAIL_KEY", 1, "post");
		await story.client.deploy(APP, FILES);
		const before = await story.pids();
		const unchanged = { pay: "unchanged", mail: "unchanged" };
		expect(statusesOf(await story.client.deploy(APP, FILES))).toEqual(unchanged);
		expect(await story.pids()).toEqual(before);

		const head = await story.client.showApp(APP);
		await story.platform.close();
		expect(existsSync(`/proc/${before["mail"]}`)).toBe(false);
		await story.start();
		expect(story.platform.firstToken).toBeUndefined();
		expect({ ...(await story.client.showApp(APP)), url: "" }).toEqual({ ...head, url: "" });
		const states = (await story.client.functions(APP)).map(({ name, state }) => [name, state]);
		expect(states).toEqual([
			["mail", "idle"],
			["pay", "idle"],
		]);
		expect(await story.body("mail")).toBe("post");
		expect(statusesOf(await story.client.deploy(APP, FILES))).toEqual(unchanged);
	});

	test("another identity cannot take over the data directory", async () => {
		using place = testPlace();
		const platform = await startPlatform(place.config, { identity: newTestIdentity(), log: NO_LOG });
		await platform.close();
		const stranger = startPlatform(place.config, { identity: newTestIdentity(), log: NO_LOG });
		await expect(stranger).rejects.toMatchObject({ code: "EVENT_FORGED", exit: 7 });
	});

	test("the error names an address in use, and nothing stays open", async () => {
		using place = testPlace();
		const other = createServer();
		await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
		const { port } = other.address() as AddressInfo;
		const config = { ...place.config, control: { host: "127.0.0.1", port } };
		const parts = { identity: newTestIdentity(), log: NO_LOG };
		await expect(startPlatform(config, parts)).rejects.toMatchObject({
			code: "ADDRESS_UNAVAILABLE",
			exit: 6,
			message: expect.stringContaining(`127.0.0.1:${port}`),
		});
		other.close();
		const platform = await startPlatform(config, parts);
		await platform.close();
	});
});

test("a certificate whose time is over, or has not come, is named in the log", async () => {
	using authority = new Authority();
	const tls = authority.issue("control");
	const started = async (nowMs: number) => {
		using place = testPlace();
		const warnings: unknown[] = [];
		const log = { ...NO_LOG, warn: (...line: unknown[]) => warnings.push(line) } as unknown as Log;
		const clock = { ...SYSTEM_CLOCK, now: () => nowMs };
		const platform = await startPlatform(
			{ ...place.config, tls },
			{ identity: newTestIdentity(), log, clock },
		);
		await platform.close();
		return JSON.stringify(warnings).includes(JSON.stringify(tls.cert));
	};
	const day = Date.now();
	expect([await started(0), await started(day), await started(day * 3)]).toEqual([true, false, true]);
});
