/** `coffer doctor` and a linked platform: reachable, its key, the token and its rights, the clock. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withSecretService } from "../../support/services/secret-service.ts";
import { doctor, mended, remedyOf, textsOf } from "../support/doctor.ts";
import { runLine } from "../support/hints.ts";
import { link, type PlatformAccess, sharedPlatform } from "../support/platform.ts";
import { APP, newProject } from "../support/project.ts";

let platform: PlatformAccess;
beforeAll(async () => {
	platform = await sharedPlatform();
});
afterAll(() => platform?.[Symbol.asyncDispose]());

/** A token with these rights. */
async function tokenFor(...flags: readonly string[]): Promise<string> {
	await using project = await newProject({ env: { COFFER_TOKEN: platform.token } });
	const { token } = await project.data(["platform", "token", "create", "--url", platform.control, ...flags]);
	return token;
}

test("a link that works; a token that lacks rights, is for another app, or is none", async () => {
	await using project = await newProject();
	await link(project, platform);
	const found = await doctor(project);
	expect(textsOf(found, "platform")).toEqual([
		expect.stringMatching(/^ok .*Coffer \d.*protocol v1, with the key/),
	]);
	expect(textsOf(found, "pin")).toEqual([expect.stringMatching(/^ok /)]);
	expect(textsOf(found, "token")).toEqual([expect.stringMatching(/^ok .*for all apps, with admin/)]);
	expect(textsOf(found, "clock")).toEqual([expect.stringMatching(/^ok /)]);
	expect(found.status).toBe(0);
	project.variables["COFFER_TOKEN"] = await tokenFor("--app", APP, "--scope", "read");
	const weak = await doctor(project);
	expect(textsOf(weak, "token")).toEqual([
		expect.stringMatching(/^warning .*'shop', with read\. It may not sync or deploy/),
	]);
	project.variables["COFFER_TOKEN"] = await tokenFor("--app", "other", "--scope", "read", "--scope", "sync");
	expect(textsOf(await doctor(project), "token")).toEqual([
		expect.stringMatching(/^failure .*'other', and not for 'shop'/),
	]);
	project.variables["COFFER_TOKEN"] = platform.token.replace(/\..*/, `.${"A".repeat(43)}`);
	const invalid = await doctor(project);
	expect(invalid.status).toBe(1);
	expect(textsOf(invalid, "token")).toEqual([expect.stringMatching(/^failure /)]);
	expect(remedyOf(invalid, "token")).toBe("unset COFFER_TOKEN");
	expect(JSON.stringify(invalid)).not.toContain("A".repeat(43));
});

test("a device without a token, and without the platform's key: the remedy links it", async () => {
	const keyring = await withSecretService();
	try {
		await using project = await newProject();
		project.variables["COFFER_TOKEN"] = platform.token;
		await project.ok(["link", platform.control, "--app", "second"]);
		await project.ok(["vault", "verify"]);
		Object.assign(project.variables, {
			...keyring.env,
			COFFER_TOKEN: undefined,
			XDG_STATE_HOME: project.machine,
		});
		const found = await doctor(project);
		expect(textsOf(found, "pin")).toEqual([expect.stringMatching(/^warning .*not linked/)]);
		expect(textsOf(found, "token")).toEqual([expect.stringMatching(/^failure There is no access token/)]);
		expect(remedyOf(found, "token")).toBe(`coffer link ${platform.control} --app second`);
		project.variables["COFFER_TOKEN"] = platform.token;
		const after = await mended(project, found, "token");
		expect(textsOf(after, "pin")).toEqual([expect.stringMatching(/^ok /)]);
	} finally {
		await keyring.close();
	}
});

test("a clock that is wrong, another key at the address, and an address where nothing answers", async () => {
	await using project = await newProject();
	project.variables["COFFER_TOKEN"] = platform.token;
	await project.ok(["link", platform.control, "--app", "third"]);
	const moved = {
		LD_PRELOAD: "/usr/$LIB/faketime/libfaketime.so.1",
		FAKETIME: "+1d",
		FAKETIME_DONT_FAKE_MONOTONIC: "1",
		FAKETIME_DONT_RESET: "1",
	};
	const { stdout } = await project.start(["doctor", "--json"], { env: moved }).ended;
	expect(textsOf(JSON.parse(stdout), "clock")).toEqual([
		expect.stringMatching(/^warning .* 86(399|40\d) s ahead of/),
	]);
	const config = project.read("coffer.json");
	const { platform: key } = JSON.parse(config).links.production;
	project.write("coffer.json", config.replace(key, `${key.startsWith("A") ? "B" : "A"}${key.slice(1)}`));
	const other = await doctor(project);
	expect(textsOf(other, "platform")).toEqual([expect.stringMatching(/^failure .*another key/)]);
	// No token is sent there.
	expect(textsOf(other, "token")).toEqual([]);
	await mended(project, other, "platform");
	expect(JSON.parse(project.read("coffer.json")).links.production.platform).toBe(key);
	project.write("coffer.json", config.replace(platform.control, "http://127.0.0.1:9"));
	const gone = await doctor(project);
	expect(gone.status).toBe(1);
	expect(textsOf(gone, "platform")).toEqual([expect.stringMatching(/^failure .*cannot be reached/)]);
	expect(textsOf(gone, "pin")).toEqual([expect.stringMatching(/^warning .*at another address/)]);
	expect(remedyOf(gone, "platform")).toBe("coffer platform start --control 127.0.0.1:9");
	// The address of the functions: something answers there, and it is no control API.
	project.write("coffer.json", config.replace(platform.control, platform.listen));
	const taken = await doctor(project);
	expect(taken.checks).toContainEqual(
		expect.objectContaining({ check: "platform", state: "failure", remedy: null }),
	);
});

test("the address that coffer.json names is another one than this device knows, or its memory is damaged", async () => {
	await using project = await newProject({ env: { COFFER_TOKEN: platform.token } });
	await project.ok(["link", platform.control, "--app", "fourth"]);
	const pins = join(project.machine, "state", "coffer", "platforms.json");
	const known = readFileSync(pins, "utf8");
	writeFileSync(pins, known.replace(platform.control, "http://127.0.0.1:9"));
	const moved = await doctor(project);
	expect(textsOf(moved, "pin")).toEqual([expect.stringMatching(/^warning .*at another address/)]);
	await mended(project, moved, "pin");
	writeFileSync(pins, "{");
	const damaged = await doctor(project);
	expect(textsOf(damaged, "pin")).toEqual([expect.stringMatching(/^failure .*is damaged/)]);
	await runLine(project, remedyOf(damaged, "pin"));
	const forgotten = await doctor(project);
	expect(textsOf(forgotten, "pin")).toEqual([expect.stringMatching(/^warning .*not linked/)]);
	await mended(project, forgotten, "pin");
});

test("a stored token that may not, is for another app or is revoked, and one in a variable: the remedy takes another", async () => {
	const keyring = await withSecretService();
	try {
		await using project = await newProject({ env: { ...keyring.env, COFFER_TOKEN: undefined } });
		const link = ["link", platform.control, "--app", "fifth"];
		const mend = async (): Promise<void> => {
			const found = await doctor(project);
			expect(remedyOf(found, "token")).toBe(`coffer ${link.join(" ")} --token -`);
			await mended(project, found, "token", `${platform.token}\n`);
		};
		await project.ok([...link, "--token", platform.token]);
		await project.ok([
			...link,
			"--token",
			await tokenFor("--app", "fifth", "--scope", "sync", "--scope", "read"),
		]);
		await mend();
		const both = ["--scope", "read", "--scope", "sync", "--scope", "deploy"];
		await project.ok(["environments", "create", "preview"]);
		const other = await tokenFor("--app", "sixth", ...both);
		await project.ok(["link", platform.control, "--app", "sixth", "-e", "preview", "--token", other]);
		await mend();
		await project.ok(["unlink", "-e", "preview"]);
		const revoked = await tokenFor("--app", "fifth", ...both);
		await project.ok([...link, "--token", revoked]);
		const administrator = { env: { COFFER_TOKEN: platform.token } };
		const { tokens } = await project.data(
			["platform", "token", "list", "--url", platform.control],
			administrator,
		);
		for (const { id } of tokens.filter(({ app }: { app: string | null }) => app !== null))
			await project.ok(["platform", "token", "revoke", id, "--url", platform.control], administrator);
		await mend();
		project.variables["COFFER_TOKEN"] = revoked;
		const given = await doctor(project);
		expect(remedyOf(given, "token")).toBe("unset COFFER_TOKEN");
		await mended(project, given, "token");
	} finally {
		await keyring.close();
	}
});
