/** A platform whose functions are reached over TLS: its flags, the commands that name its address, and curl. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Authority, type CertificateFiles } from "../support/network/authority.ts";
import { link, type Platform, startPlatform } from "../support/platform.ts";
import { Running } from "../support/process.ts";
import { cleanEnvironment, newProject, type Project } from "../support/project.ts";

let authority: Authority;
let files: CertificateFiles;
let project: Project;
let platform: Platform;
beforeAll(async () => {
	authority = new Authority();
	files = authority.issue("gateway");
	const other = authority.issue("other", "DNS:shop.example");
	const flags = [files, other].flatMap(({ cert, key }) => [
		"--gateway-tls-cert",
		cert,
		"--gateway-tls-key",
		key,
	]);
	[project, platform] = await Promise.all([newProject(), startPlatform({}, flags)]);
	await link(project, platform);
	project.write(
		"functions/hello/index.ts",
		'Deno.serve((request) => new Response(request.headers.get("x-forwarded-proto") + " " + request.method));',
	);
	await project.ok(["functions", "deploy"]);
});
afterAll(async () => {
	await project?.[Symbol.asyncDispose]();
	await platform?.[Symbol.asyncDispose]();
	authority?.[Symbol.dispose]();
});

async function curl(...args: readonly string[]): Promise<string> {
	const words = ["--silent", "--show-error", "--cacert", authority.cert, ...args];
	return (await promisify(execFile)("curl", words)).stdout;
}

test("every address is of https, and curl reaches the function in both versions, by each certificate", async () => {
	const { port } = new URL(platform.listen);
	expect(platform.listen).toBe(`https://127.0.0.1:${port}`);
	const { functions } = (await project.data(["functions", "list"])) as { functions: { url: string }[] };
	const url = `${platform.listen}/shop/hello`;
	expect(functions.map((each) => each.url)).toEqual([url]);
	const version = ["--write-out", " %{http_version}"];
	expect(await curl("--http2", ...version, url)).toBe("https GET 2");
	expect(await curl("--http1.1", ...version, "--data", "x", url)).toBe("https POST 1.1");
	const address = ["--resolve", `shop.example:${port}:127.0.0.1`];
	expect(await curl(...address, ...version, `https://shop.example:${port}/shop/hello`)).toBe("https GET 2");
});

test("functions invoke --linked trusts the authority that the user names, and no other", async () => {
	const words = ["functions", "invoke", "hello", "--linked", "--json"];
	const refused = await project.coffer(words);
	expect(refused.error()).toMatchObject({ code: "FUNCTION_UNREACHABLE", exit: 6 });
	expect(refused.error().message).toContain("certificate");
	project.variables["NODE_EXTRA_CA_CERTS"] = authority.cert;
	const { stdout } = await project.start(words).ended;
	expect(JSON.parse(stdout)).toMatchObject({ status: 200, url: expect.stringMatching(/^https:/) });
	delete project.variables["NODE_EXTRA_CA_CERTS"];
});

test("a certificate without its key is refused, and the counts are named", async () => {
	const place = ["--data", `${authority.folder}/data`, "--identity-file", `${authority.folder}/identity`];
	const flags = [
		"--gateway-tls-cert",
		files.cert,
		"--gateway-tls-cert",
		files.cert,
		"--gateway-tls-key",
		files.key,
	];
	const args = ["platform", "start", ...place, ...flags, "--json"];
	await using running = new Running({ args, cwd: authority.folder, env: cleanEnvironment() });
	const { status, stderr } = await running.ended;
	const { error } = JSON.parse(stderr.trim().split("\n").at(-1) ?? "");
	expect([status, error.code]).toEqual([2, "TLS_PAIR_INCOMPLETE"]);
	expect(error.message).toContain("--gateway-tls-cert names 2 files and --gateway-tls-key 1");
});
