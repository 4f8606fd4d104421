import { existsSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { NO_LOG } from "../../src/platform/log.ts";
import { type Platform, startPlatform } from "../../src/platform/server.ts";
import type { ChangeEvent } from "../../src/protocol/messages.ts";
import { statusesOf, TestClient } from "./client-fixture.ts";
import { testPlace } from "./core-fixture.ts";
import { newTestIdentity, TestVault } from "./vault-fixture.ts";

const APP = "shop";
const FILES = {
	"functions/pay/index.ts":
		'Deno.serve(() => new Response(`${Deno.env.get("PAY_KEY")} ${Deno.env.has("MAIL_KEY")}`));',
	"functions/mail/index.ts": 'export default () => new Response(Deno.env.get("MAIL_KEY") ?? "no key");',
};

function clientOf(platform: Platform, token: string): TestClient {
	return new TestClient((path, init) => fetch(platform.controlUrl + path, init), token);
}

async function bodyOf(platform: Platform, name: string): Promise<string> {
	const response = await fetch(`${platform.listenUrl}/${APP}/${name}`);
	if (!response.ok) throw new Error(`${response.status}`);
	return await response.text();
}

async function pidsOf(client: TestClient): Promise<Record<string, number | null>> {
	return Object.fromEntries((await client.functions(APP)).map(({ name, pid }) => [name, pid]));
}

function redeployedOf(events: readonly ChangeEvent[]): [string, string][] {
	return events.flatMap((event): [string, string][] =>
		event.type === "redeployed" ? [[event.result.function, event.result.status]] : [],
	);
}

describe("the main job over real sockets", () => {
	test("a changed secret restarts exactly the function that reads it, and a restart finds everything", async () => {
		using place = testPlace();
		const identity = newTestIdentity();
		const vault = new TestVault().add(identity, "reader", "platform");
		let platform = await startPlatform(place.config, { identity, log: NO_LOG });
		try {
			const token = platform.firstToken ?? "";
			let client = clientOf(platform, token);
			let base = await client.createApp(APP, vault);
			const send = async (name: string, version: number, value: string | undefined, header = false) => {
				const content = header ? { header: vault.header } : {};
				const { revision, head } = base;
				const change = vault.change(APP, { revision, head }, [vault.record(name, version, value)], content);
				const events = await client.send(APP, change);
				base = await client.showApp(APP);
				return events;
			};
			await send("PAY_KEY", 1, "first", true);
			expect(statusesOf(await client.deploy(APP, FILES))).toEqual({ pay: "deployed", mail: "deployed" });
			expect(await bodyOf(platform, "pay")).toBe("first false");
			expect(await bodyOf(platform, "mail")).toBe("no key");

			const before = await pidsOf(client);
			const events = await send("PAY_KEY", 2, "second");
			expect(redeployedOf(events)).toEqual([["pay", "live"]]);
			expect(events.at(-1)).toEqual({ type: "done", untouched: ["mail"] });
			const after = await pidsOf(client);
			expect(after["mail"]).toBe(before["mail"]);
			expect(after["pay"]).not.toBe(before["pay"]);
			expect(await bodyOf(platform, "pay")).toBe("second false");

			expect(statusesOf(await client.deploy(APP, FILES))).toEqual({ pay: "unchanged", mail: "unchanged" });
			expect(await pidsOf(client)).toEqual(after);

			expect(redeployedOf(await send("PAY_KEY", 3, undefined))).toEqual([["pay", "live"]]);
			expect(await bodyOf(platform, "pay")).toBe("undefined false");
			await send("MAIL_KEY", 1, "post");

			const head = await client.showApp(APP);
			await platform.close();
			expect(existsSync(`/proc/${after["mail"]}`)).toBe(false);
			platform = await startPlatform(place.config, { identity, log: NO_LOG });
			expect(platform.firstToken).toBeUndefined();
			client = clientOf(platform, token);
			expect({ ...(await client.showApp(APP)), url: "" }).toEqual({ ...head, url: "" });
			expect((await client.functions(APP)).map(({ name, state }) => [name, state])).toEqual([
				["mail", "live"],
				["pay", "live"],
			]);
			expect(await bodyOf(platform, "mail")).toBe("post");
			expect(statusesOf(await client.deploy(APP, FILES))).toEqual({ pay: "unchanged", mail: "unchanged" });
		} finally {
			await platform.close();
		}
	});

	test("another identity cannot take over the data directory", async () => {
		using place = testPlace();
		const platform = await startPlatform(place.config, { identity: newTestIdentity(), log: NO_LOG });
		await platform.close();
		const stranger = startPlatform(place.config, { identity: newTestIdentity(), log: NO_LOG });
		await expect(stranger).rejects.toMatchObject({ code: "TOKEN_EVENT_FORGED", exit: 7 });
	});

	test("an address in use is named, and nothing stays open", async () => {
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
