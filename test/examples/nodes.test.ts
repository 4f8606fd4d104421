/** The files for several nodes, and the page that explains them: they can be parsed, agree, and name flags that exist. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { ROUTES } from "../../src/protocol/routes.ts";
import { ROOT } from "../support/root.ts";

const EXAMPLES = join(ROOT, "examples/nodes");
/** How long a platform finishes requests in progress, in seconds. */
const GRACE_SECONDS = 10;

const read = (path: string) => readFileSync(join(EXAMPLES, path), "utf8");
const page = readFileSync(join(ROOT, "docs/operating-nodes.md"), "utf8");
const { commands } = JSON.parse(readFileSync(join(ROOT, "oclif.manifest.json"), "utf8")) as {
	commands: Record<string, { flags: Record<string, unknown> }>;
};

let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "coffer-examples-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The names of the flags in words. */
const flagsIn = (words: readonly string[]) =>
	words.flatMap((word) => /^--([a-z][a-z-]*)(=|$)/.exec(word)?.[1] ?? []);

/** The value of a flag, after `=` or in the next word. */
function flagValue(words: readonly string[], flag: string): string | undefined {
	const index = words.findIndex((word) => word === `--${flag}` || word.startsWith(`--${flag}=`));
	return words[index]?.split("=").slice(1).join("=") || words[index + 1];
}

/** Fails for a flag that a command does not have. */
function checkFlags(command: string, words: readonly string[]): void {
	const known = Object.keys(commands[command]?.flags ?? {});
	for (const flag of flagsIn(words)) expect([command, ...known]).toContain(flag);
}

/** The logical lines of a text whose lines may end with a backslash. */
const linesOf = (text: string) => text.replaceAll(/\\\n\s*/g, " ").split("\n");

const unitWords = (
	linesOf(read("systemd/coffer.service")).find((line) => line.startsWith("ExecStart=")) ?? ""
).split(" ");
const compose = parse(read("docker/compose.yaml"), { merge: true });
const kubernetes = parseAllDocuments(read("kubernetes/coffer.yaml"));
const [headless, , , budget, nodes] = kubernetes.map((document) => document.toJS());
const container = nodes.spec.template.spec.containers[0];

describe("the ways to start a node", () => {
	const nodeServices = Object.keys(compose.services).filter((name) => name.startsWith("node-"));

	test("have only flags that exist, and those that several nodes need", () => {
		expect(nodeServices).toHaveLength(3);
		const all = [unitWords, container.args, ...nodeServices.map((name) => compose.services[name].command)];
		for (const words of all) {
			checkFlags("platform:start", words);
			for (const flag of ["store", "store-ca", "identity-file", "advertise", "drain-delay", "tls-cert"])
				expect(flagsIn(words)).toContain(flag);
		}
	});

	test("leave time for the drain delay and for requests in progress", () => {
		const seconds = (text: string | undefined) => Number.parseInt(text ?? "", 10);
		const unit = seconds(/^TimeoutStopSec=(\d+)$/m.exec(read("systemd/coffer.service"))?.[1]);
		expect(unit).toBeGreaterThan(seconds(flagValue(unitWords, "drain-delay")) + GRACE_SECONDS);
		const { spec } = nodes.spec.template;
		const drain = seconds(flagValue(container.args, "drain-delay"));
		expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(drain + GRACE_SECONDS);
		const { failureThreshold, periodSeconds } = container.readinessProbe;
		expect(drain).toBeGreaterThan(failureThreshold * periodSeconds);
		for (const name of nodeServices) {
			const { command, stop_grace_period } = compose.services[name];
			const inCompose = seconds(flagValue(command, "drain-delay"));
			expect(seconds(stop_grace_period)).toBeGreaterThan(inCompose + GRACE_SECONDS);
			expect(flagValue(command, "advertise")).toBe(`https://${name}:8081`);
		}
	});
});

describe("the Kubernetes manifest", () => {
	test("is YAML without errors, and its objects name each other", () => {
		expect(kubernetes.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
		expect(nodes.kind).toBe("StatefulSet");
		expect(nodes.spec.serviceName).toBe(headless.metadata.name);
		const { labels } = nodes.spec.template.metadata;
		expect(budget.spec.selector.matchLabels).toEqual(labels);
		for (const service of kubernetes.slice(0, 3).map((document) => document.toJS()))
			expect([service.kind, service.spec.selector]).toEqual(["Service", labels]);
		const volumes = [
			...nodes.spec.template.spec.volumes,
			...nodes.spec.volumeClaimTemplates.map((claim: { metadata: object }) => claim.metadata),
		];
		expect(container.volumeMounts.map(({ name }: { name: string }) => name).sort()).toEqual(
			volumes.map(({ name }) => name).sort(),
		);
		const advertised = flagValue(container.args, "advertise");
		expect(advertised).toBe(
			`https://$(POD_NAME).${headless.metadata.name}.${headless.metadata.namespace}.svc:8081`,
		);
	});

	test("asks routes that need no token, at ports of the container", () => {
		const open = Object.values(ROUTES).filter((route) => route.scope === undefined);
		const ports = new Map(
			container.ports.map((port: { name: string; containerPort: number }) => [port.name, port.containerPort]),
		);
		for (const probe of [container.readinessProbe, container.livenessProbe]) {
			expect(open.map(({ path }) => path)).toContain(probe.httpGet.path);
			expect(`0.0.0.0:${ports.get(probe.httpGet.port)}`).toBe(flagValue(container.args, "control"));
		}
		expect(`0.0.0.0:${ports.get("http")}`).toBe(flagValue(container.args, "listen"));
	});
});

describe("the files for etcd", () => {
	test("name settings that etcd has", () => {
		const help = execFileSync("etcd", ["--help"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
		const inCompose = Object.values(compose.services as Record<string, { environment?: object }>).flatMap(
			({ environment = {} }) => Object.keys(environment),
		);
		const inFile = [...read("systemd/etcd.env").matchAll(/^(ETCD_[A-Z_]+)=/gm)].map(([, name = ""]) => name);
		expect(inFile.length).toBeGreaterThan(15);
		for (const name of [...inFile, ...inCompose])
			expect(help).toContain(`--${name.slice("ETCD_".length).toLowerCase().replaceAll("_", "-")} `);
	});

	test("are made by a script whose certificates are valid for the members", () => {
		const script = join(EXAMPLES, "certificates.sh");
		execFileSync("sh", [script, "pki", "etcd-1=10.0.0.11,etcd-1.internal"], { cwd: folder, stdio: "ignore" });
		const pki = join(folder, "pki");
		const verified = ["etcd-1.pem", "coffer.pem"].map((name) =>
			execFileSync("openssl", ["verify", "-CAfile", "ca.pem", name], { cwd: pki, encoding: "utf8" }),
		);
		expect(verified.join("")).toBe("etcd-1.pem: OK\ncoffer.pem: OK\n");
		const shown = ["x509", "-in", "etcd-1.pem", "-noout", "-ext", "subjectAltName"];
		const names = execFileSync("openssl", shown, { cwd: pki, encoding: "utf8" });
		expect(names).toContain("IP Address:10.0.0.11, DNS:etcd-1.internal");
	});
});

/** Checks a file with a program, where this machine has it. */
function checkedBy(program: string, args: readonly string[]): string {
	if (!existsSync(program)) return "";
	try {
		execFileSync(program, args, { stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
		return "";
	} catch (error) {
		return String((error as { stderr?: string }).stderr ?? error);
	}
}

test("the units are accepted by systemd, and the balancer by nginx", () => {
	const units = ["coffer.service", "etcd.service"].map((name) => {
		// systemd refuses a program that is not there.
		const text = read(`systemd/${name}`).replace(/^ExecStart=\S+/m, "ExecStart=/bin/true");
		writeFileSync(join(folder, name), text);
		return join(folder, name);
	});
	expect(checkedBy("/usr/bin/systemd-analyze", ["verify", ...units])).toBe("");
	const files = execFileSync(
		"openssl",
		[
			"req",
			"-x509",
			"-newkey",
			"ec",
			"-pkeyopt",
			"ec_paramgen_curve:prime256v1",
			"-nodes",
			"-subj",
			"/CN=a",
			"-keyout",
			join(folder, "privkey.pem"),
			"-out",
			join(folder, "fullchain.pem"),
		],
		{ stdio: "ignore" },
	);
	expect(files).toBeNull();
	const configuration = read("nginx.conf").replaceAll("/etc/nginx/tls", folder);
	writeFileSync(join(folder, "nginx.conf"), `pid ${folder}/nginx.pid;\nerror_log stderr;\n${configuration}`);
	expect(checkedBy("/usr/sbin/nginx", ["-t", "-q", "-p", folder, "-c", join(folder, "nginx.conf")])).toBe("");
});

describe("the page", () => {
	test("links to each file", () => {
		const files = readdirSync(EXAMPLES, { recursive: true, withFileTypes: true }).filter((entry) =>
			entry.isFile(),
		);
		expect(files.length).toBeGreaterThan(7);
		for (const { name, parentPath } of files) {
			const path = join(parentPath, name).slice(ROOT.length).replace(/^\//, "");
			expect(page).toContain(path);
		}
	});

	test("has commands of Coffer that exist, with flags that exist", () => {
		const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = ""]) => text);
		const called = blocks
			.flatMap(linesOf)
			.flatMap((line) => /^(?:[A-Z_]+=\S+ )*coffer ([a-z].*)$/.exec(line)?.[1] ?? []);
		expect(called.length).toBeGreaterThan(3);
		for (const line of called) {
			const words = line.split(/\s+/);
			const command = [words.slice(0, 2).join(":"), words[0] ?? ""].find((name) => name in commands);
			expect([line, command]).not.toContain(undefined);
			checkFlags(command ?? "", words);
		}
	});
});
