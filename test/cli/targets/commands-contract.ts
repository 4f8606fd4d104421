/** The commands in an environment that is linked with a target, of any kind. */
import { describe, expect, test } from "vitest";
import FunctionsList from "../../../src/commands/functions/list.ts";
import Plan from "../../../src/commands/plan.ts";
import SecretsDelete from "../../../src/commands/secrets/delete.ts";
import SecretsList from "../../../src/commands/secrets/list.ts";
import SecretsSet from "../../../src/commands/secrets/set.ts";
import Status from "../../../src/commands/status.ts";
import Sync from "../../../src/commands/sync.ts";
import Unlink from "../../../src/commands/unlink.ts";
import { setUp, type TargetFixture, VALUE } from "./place.ts";

/** Registers the tests of the commands for a kind of target. */
export function describeCommands(name: string, open: () => Promise<TargetFixture>): void {
	describe(`${name}: the commands`, () => {
		test("link sends every secret and does not change other names", async () => {
			await using made = await setUp(open, false);
			const { line, link, place } = made;
			place.put("ELSEWHERE", "other");
			const { app, kind, origin } = place.id;
			expect(await link()).toEqual({
				environment: "production",
				target: kind,
				app,
				url: origin,
				sent: ["API_KEY", "MODE"],
				deleted: [],
				pending: [],
				foreign: ["ELSEWHERE"],
			});
			expect([...place.secrets()].sort()).toEqual([
				["API_KEY", VALUE],
				["ELSEWHERE", "other"],
				["MODE", "test"],
			]);
			expect(JSON.parse(line.read("coffer.json")).links.production).toMatchObject({ kind, url: origin, app });
		});

		test("nothing is linked if the target does not answer, and the error says so", async () => {
			await using made = await setUp(open, false);
			const { link, place } = made;
			await place.goAway();
			const hint = expect.stringMatching(/^Nothing was linked/);
			expect((await link()).error).toMatchObject({ exit: 6, hint });
		});

		test("set and delete send the change", async () => {
			await using made = await setUp(open, true);
			const { line, place } = made;
			const { app, kind, origin: url } = place.id;
			const set = await line.json(SecretsSet, "MODE=live");
			expect(set.target).toEqual({ kind, app, url, sent: ["MODE"], deleted: [] });
			await line.run(SecretsDelete, "API_KEY");
			expect([...place.secrets()]).toEqual([["MODE", "live"]]);
			const shown = await line.run(SecretsSet, "MODE=test");
			expect(shown.stdout).toContain(`${place.kind.title} ${place.kind.noun} '${app}': sent MODE`);
		});

		test("a change that is not synced is pending until sync sends it; a dry run and a plan send nothing", async () => {
			await using made = await setUp(open, true);
			const { line, place } = made;
			await line.run(SecretsSet, "MODE=live", "--no-sync");
			const listed = await line.json(SecretsList);
			const states = listed.secrets.map((secret: { name: string; state: string }) => [
				secret.name,
				secret.state,
			]);
			expect(states).toEqual([
				["API_KEY", "synced"],
				["MODE", "pending"],
			]);
			const plan = await line.json(Plan);
			expect(plan).toMatchObject({ linked: true, target: place.id.kind, redeploy: [] });
			expect((await line.run(Plan)).stdout).toContain(`linked with ${place.kind.title}`);
			const dry = await line.json(Sync, "--dry-run");
			expect(dry).toMatchObject({ target: place.id.kind, app: place.id.app });
			expect(dry.calls.flatMap((call: { names: string[] }) => call.names)).toEqual(["MODE"]);
			expect((await line.run(Sync, "--dry-run")).status).toBe(0);
			expect(place.secrets().get("MODE")).toBe("test");
			expect(await line.json(Sync)).toMatchObject({ target: place.id.kind, sent: ["MODE"], missing: [] });
			expect(place.secrets().get("MODE")).toBe("live");
		});

		test("status and sync find names that only one side has", async () => {
			await using made = await setUp(open, true);
			const { line, place } = made;
			place.put("MODE", undefined);
			place.put("ELSEWHERE", "other");
			expect(await line.json(Status)).toMatchObject({
				linked: true,
				target: place.id.kind,
				reachable: true,
				url: place.id.origin,
				app: place.id.app,
				pending: ["MODE"],
				missing: ["MODE"],
				foreign: ["ELSEWHERE"],
			});
			const { stdout } = await line.run(Status);
			expect(stdout).toMatch(
				new RegExp(`^${place.id.kind} .*${place.kind.noun} '${place.id.app}': reachable$`, "m"),
			);
			expect(stdout).toContain(`MODE (${place.kind.title} no longer has them`);
			const synced = await line.run(Sync);
			expect(synced.stdout).toContain(
				`${place.kind.title} has secrets that the vault does not have: ELSEWHERE`,
			);
			expect([...place.secrets().keys()].sort()).toEqual(["API_KEY", "ELSEWHERE", "MODE"]);
		});

		test("an edit is saved if the target does not answer, and is sent later", async () => {
			await using made = await setUp(open, true);
			const { line, place } = made;
			await place.goAway();
			const edited = await line.json(SecretsSet, "MODE=live");
			expect(edited).toMatchObject({ set: ["MODE"], pending: 1 });
			expect(edited.warnings[0]).toMatch(/^Saved, but not synced: /);
			expect(await line.json(Status)).toMatchObject({ reachable: false, pending: ["MODE"] });
			expect((await line.json(Sync)).error).toMatchObject({ exit: 6 });
		});

		test("an older vault is not sent until the user decides to", async () => {
			await using made = await setUp(open, true);
			const { line, place } = made;
			const before = line.read("coffer.vault");
			await line.run(SecretsSet, "NEWER=1");
			line.write("coffer.vault", before);
			const left = await line.json(Sync);
			expect(left).toMatchObject({ pending: ["NEWER"], error: { code: "SYNC_ROLLED_BACK", exit: 5 } });
			expect(left.error.message).toContain(`sent to ${place.kind.title}`);
			expect((await line.json(Sync, "--take", "platform")).error.code).toBe("TAKE_IMPOSSIBLE");
			expect(await line.json(Sync, "--take", "local")).toMatchObject({ deleted: ["NEWER"] });
			expect([...place.secrets().keys()].sort()).toEqual(["API_KEY", "MODE"]);
		});

		test("a command that needs a platform is refused", async () => {
			await using made = await setUp(open, true);
			const { error } = await made.line.json(FunctionsList);
			const code = `TARGET_IS_${made.place.id.kind.toUpperCase()}`;
			expect(error).toMatchObject({ code, exit: 2 });
			expect(error.message).toContain(`is linked with ${made.place.kind.title}`);
		});

		test("nothing is sent to an address in coffer.json that this device has not linked", async () => {
			await using made = await setUp(open, true);
			const { line, place } = made;
			const config = line.read("coffer.json");
			const before = [...place.secrets()];
			line.write(
				"coffer.json",
				config.replace(`"app": "${place.id.app}"`, `"app": "${place.otherApp ?? "moved"}"`),
			);
			await line.run(SecretsSet, "MODE=live", "--no-sync");
			expect((await line.json(Sync)).error).toMatchObject({ code: "TARGET_MOVED", exit: 7 });
			line.write("coffer.json", config);
			line.set("XDG_STATE_HOME", `${line.machine}/another-device`);
			expect((await line.json(Sync)).error).toMatchObject({ code: "TARGET_UNKNOWN", exit: 3 });
			expect([...place.secrets()]).toEqual(before);
		});

		test("without its credential an edit is saved, and the hint says how to get one", async () => {
			await using made = await setUp(open, true);
			const { line, place } = made;
			const { credential } = place.kind;
			if (credential) line.set(credential.variable, undefined);
			const { warnings, pending } = await line.json(SecretsSet, "MODE=live");
			const status = await line.json(Status);
			if (credential === undefined) {
				expect({ pending, reachable: status.reachable }).toEqual({ pending: 0, reachable: true });
				return;
			}
			expect(warnings[0]).toContain(place.kind.linkCommand(place.id));
			expect(status).toMatchObject({ reachable: false, code: credential.missingCode });
			expect((await line.run(Status)).stdout).toContain("not asked");
		});

		test("unlink removes the link, and leaves the values at the target", async () => {
			await using made = await setUp(open, true);
			const { line, place } = made;
			const { app, kind, origin: url } = place.id;
			expect(await line.json(Unlink)).toEqual({
				environment: "production",
				target: kind,
				app,
				url,
				epoch: null,
				resealed: 0,
				debt: [],
				left: ["API_KEY", "MODE"],
				tokenForgotten: false,
			});
			expect(JSON.parse(line.read("coffer.json"))).toEqual({ links: {} });
			expect(await line.json(Status)).toMatchObject({ linked: false, target: null });
			await line.run(SecretsSet, "MODE=live");
			expect(place.secrets().get("MODE")).toBe("test");
			const [Link, ...argv] = place.link;
			await line.run(Link, ...argv);
			const shown = await line.run(Unlink);
			expect(shown.stdout).toContain(`The values that were sent stay at ${place.kind.title}: API_KEY, MODE.`);
		});
	});
}
