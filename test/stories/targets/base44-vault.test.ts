/** An app that the Base44 CLI created and that is also linked with a vault. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { BASE44_APP, Base44Project } from "../support/base44.ts";
import { type PlatformAccess, sharedPlatform } from "../support/platform.ts";
import { newProject } from "../support/project.ts";
import { CANARY } from "../support/refusal.ts";

const FUNCTION = (name: string) => `const value = Deno.env.get("${name}");
export default () => new Response(value === undefined ? "none" : value.length + " characters");
`;

let project: Base44Project;
let platform: PlatformAccess;
beforeAll(async () => {
	platform = await sharedPlatform();
	project = new Base44Project({
		"base44/functions/charge/entry.ts": FUNCTION("CHARGE_KEY"),
		"base44/functions/billing/entry.ts": FUNCTION("BILLING_KEY"),
	});
	const env = { COFFER_TOKEN: platform.token };
	const create = ["platform", "token", "create", "--base44", "--url", platform.control];
	project.use(platform, (await project.data(create, { env })).token);
	await project.base44Ok([
		"secrets",
		"set",
		"BILLING_KEY=billing",
		"CHARGE_KEY=of the platform",
		"UNUSED=theirs",
	]);
	await project.base44Ok(["functions", "deploy"]);
});
afterAll(async () => {
	await project?.[Symbol.asyncDispose]();
	await platform[Symbol.asyncDispose]();
});

async function ask(name: string): Promise<string> {
	return await (await fetch(`${platform.listen}/${BASE44_APP}/${name}`)).text();
}

test("the Base44 API refuses to change names of the vault, which take precedence over its own secrets, and status distinguishes both", async () => {
	const ana = await newProject();
	try {
		const env = { COFFER_TOKEN: platform.token };
		await ana.ok(["secrets", "set", "CHARGE_KEY=of the vault", "UNUSED=too"], { env });
		expect(await ask("charge")).toBe("15 characters");
		await ana.ok(["link", platform.control, "--app", BASE44_APP], { env });
		expect(await ask("charge")).toBe("12 characters");

		const refused = await project.base44(["secrets", "set", "OTHER=1", `CHARGE_KEY=${CANARY}`]);
		expect([refused.status, refused.stdout + refused.stderr]).toEqual([
			1,
			expect.stringMatching(/CHARGE_KEY is a secret in the vault.*coffer secrets set CHARGE_KEY/s),
		]);
		const deleted = await project.base44(["secrets", "delete", "CHARGE_KEY"]);
		expect(deleted.stdout + deleted.stderr).toContain("is a secret in the vault");
		expect(await project.base44Ok(["secrets", "list"])).not.toMatch(/CHARGE_KEY|UNUSED|OTHER/);

		expect(await ana.data(["status"], { env })).toMatchObject({
			secrets: 2,
			local: [{ name: "BILLING_KEY", origin: "base44" }],
		});
		expect((await ana.ok(["status"], { env })).stdout).toMatch(
			/^base44 {7}BILLING_KEY \(set with the Base44 CLI; stored on the platform only, not in the vault\)$/m,
		);
		expect((await ana.data(["functions", "references", "--missing"], { env })).missing).toEqual([]);
		// The platform's earlier secret of that name does not return.
		await ana.ok(["secrets", "delete", "CHARGE_KEY"], { env });
		expect(await ask("charge")).toBe("none");
		expect(ana.vault).not.toContain("BILLING_KEY");

		// `base44 functions pull` also returns what Coffer's command line deployed, byte by byte.
		ana.writeAll({
			"functions/flat.ts":
				'import { text } from "./_shared/text.ts";\nexport default () => new Response(text);\n',
			"functions/_shared/text.ts": 'export const text = "flat";\n',
			"functions/_shared/unused.ts": "export {};\n",
		});
		await ana.ok(["functions", "deploy"], { env });
		expect(await project.base44Ok(["functions", "pull", "flat"])).toContain("Pulled 1 function");
		expect(project.read("base44/functions/flat/flat.ts")).toBe(ana.read("functions/flat.ts"));
		expect(project.read("base44/functions/flat/_shared/text.ts")).toBe(ana.read("functions/_shared/text.ts"));
		expect(() => project.read("base44/functions/flat/_shared/unused.ts")).toThrow("ENOENT");
	} finally {
		await ana[Symbol.asyncDispose]();
	}
});
