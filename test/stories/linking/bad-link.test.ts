/** `coffer link` refuses addresses that are not a platform with the expected app and vault. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { link, type PlatformAccess, sharedPlatform } from "../support/platform.ts";
import { newProject, type Project } from "../support/project.ts";

let platform: PlatformAccess;
let project: Project;

beforeAll(async () => {
	[project, platform] = await Promise.all([newProject(), sharedPlatform()]);
	await project.ok(["secrets", "set", "A=1"]);
});
afterAll(async () => {
	await project?.[Symbol.asyncDispose]();
	await platform?.[Symbol.asyncDispose]();
});

function flipped(text: string, at: number): string {
	return text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
}

const REFUSALS: readonly {
	what: string;
	args: () => string[];
	token: () => string;
	exit: number;
	code: string;
}[] = [
	{
		what: "http to another machine",
		args: () => ["link", "http://192.0.2.1:8081", "--app", "shop"],
		token: () => platform.token,
		exit: 2,
		code: "PLATFORM_URL_INSECURE",
	},
	{
		what: "no address",
		args: () => ["link", "shop.example", "--app", "shop"],
		token: () => platform.token,
		exit: 2,
		code: "PLATFORM_URL_INVALID",
	},
	{
		what: "an invalid app id",
		args: () => ["link", platform.control, "--app", "Shop!"],
		token: () => platform.token,
		exit: 2,
		code: "APP_ID_INVALID",
	},
	{
		what: "a token for another platform",
		args: () => ["link", platform.control, "--app", "shop"],
		token: () => flipped(platform.token, "coffer_".length),
		exit: 7,
		code: "PLATFORM_KEY_MISMATCH",
	},
	{
		what: "a token that the platform does not know",
		args: () => ["link", platform.control, "--app", "shop"],
		token: () => flipped(platform.token, platform.token.indexOf(".") + 1),
		exit: 3,
		code: "TOKEN_INVALID",
	},
	{
		what: "no token at all",
		args: () => ["link", platform.control, "--app", "shop"],
		token: () => "",
		exit: 2,
		code: "NO_TERMINAL",
	},
	{
		what: "what is no token",
		args: () => ["link", platform.control, "--app", "shop"],
		token: () => "coffer_canary",
		exit: 2,
		code: "TOKEN_MALFORMED",
	},
	{
		what: "nobody there",
		args: () => ["link", "http://127.0.0.1:9", "--app", "shop"],
		token: () => platform.token,
		exit: 6,
		code: "PLATFORM_UNREACHABLE",
	},
];

test.each(REFUSALS)(
	"link exits with $exit and writes nothing: $what",
	async ({ args, token, exit, code }) => {
		const vault = project.vault;
		const result = await project.coffer([...args(), "--json"], { env: { COFFER_TOKEN: token() } });
		expect(result.error()).toMatchObject({ code, exit });
		expect(result.status).toBe(exit);
		expect(result.stderr).not.toContain(platform.token.slice(-20));
		expect(project.vault).toBe(vault);
		expect(() => project.read("coffer.json")).toThrow();
	},
);

test("link refuses an app that belongs to another vault", async () => {
	await link(project, platform);
	await using other = await newProject();
	const vault = other.vault;
	const result = await other.coffer(["link", platform.control, "--app", "shop", "--json"], {
		env: { COFFER_TOKEN: platform.token },
	});
	expect(result.error()).toMatchObject({ code: "APP_TAKEN", exit: 5 });
	expect(other.vault).toBe(vault);
});

test("a linked project reports an invalid token, and saves the change", async () => {
	const bad = { COFFER_TOKEN: flipped(platform.token, platform.token.indexOf(".") + 1) };
	const result = await project.coffer(["secrets", "set", "A=2", "--json"], { env: bad });
	expect(result.status).toBe(3);
	expect(result.error().code).toBe("TOKEN_INVALID");
	expect(result.json()).toMatchObject({ set: ["A"], revision: null, pending: 1 });
	expect(await project.reveal("A")).toBe("2");
	expect(await project.data(["sync"])).toMatchObject({ sent: ["A"] });
});

test("a linked project reports a token that a request cannot contain, and does not show it", async () => {
	const bad = { COFFER_TOKEN: "canary-of-a-token\u0001é" };
	const result = await project.coffer(["sync", "--json"], { env: bad });
	expect(result.error()).toMatchObject({ code: "TOKEN_MALFORMED", exit: 2 });
	expect(result.stdout + result.stderr).not.toContain("canary");
});

test("a command does not send to another platform that coffer.json names", async () => {
	const config = project.read("coffer.json");
	project.write("coffer.json", config.replace(platform.control, "https://elsewhere.example"));
	const result = await project.coffer(["sync", "--json"]);
	expect(result.error()).toMatchObject({ code: "LINK_MOVED", exit: 7 });
	project.write("coffer.json", config);
});
