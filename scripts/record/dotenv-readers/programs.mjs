/** Readers of `.env` files that are programs of their own, or libraries of other languages. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const HERE = dirname(fileURLToPath(import.meta.url));

/** The variables that a reader may expand: none but what a program needs to start. */
function environment(home) {
	return { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: home, LANG: "C.UTF-8" };
}

/** Runs a program. @returns its standard output @throws Error with its standard error */
export function run(command, args, { input, home = "/nonexistent", env = {}, cwd = tmpdir() } = {}) {
	const ended = spawnSync(command, args, {
		input,
		cwd,
		env: { ...environment(home), ...env },
		encoding: "utf8",
		maxBuffer: 1 << 28,
	});
	if (ended.error) throw ended.error;
	if (ended.status !== 0) throw new Error(`${command} ended with ${ended.status}: ${ended.stderr}`);
	return ended.stdout;
}

/** Runs work in a new folder, which is removed afterwards. */
export function inFolder(work) {
	const folder = mkdtempSync(join(tmpdir(), "readers-"));
	try {
		return work(folder);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** A program that reads texts as a JSON array from standard input, and prints their values as JSON. */
const script = (command, file, args = []) => ({
	read: (texts) => JSON.parse(run(command, [...args, join(HERE, file)], { input: JSON.stringify(texts) })),
});

/** The installed version of a Debian package, without Debian's own revision. */
function debianVersion(name) {
	const version = run("dpkg-query", ["--show", "--showformat", "${Version}", name]);
	return version.replace(/^\d+:/, "").replace(/[-+].*$/, "");
}

export const python = {
	version: () => debianVersion("python3-dotenv"),
	...script("/usr/bin/python3", "python.py"),
};

export const ruby = { version: () => debianVersion("ruby-dotenv"), ...script("/usr/bin/ruby", "ruby.rb") };

export const php = {
	version: () => debianVersion("php-vlucas-phpdotenv"),
	...script("/usr/bin/php", "php.php"),
};

export const godotenv = {
	version: () => debianVersion("golang-github-joho-godotenv-dev"),
	read: (texts) =>
		inFolder((home) =>
			JSON.parse(
				run("/usr/bin/go", ["run", join(HERE, "godotenv.go")], {
					input: JSON.stringify(texts),
					home,
					env: { GO111MODULE: "off", GOPATH: "/usr/share/gocode", GOCACHE: join(home, "cache") },
				}),
			),
		),
};

/** direnv has one process for each file. A refused file ends it with status 1. */
export const direnv = {
	version: () => debianVersion("direnv"),
	read: (texts) =>
		inFolder((home) =>
			texts.map((text, index) => {
				const path = join(home, `${index}.env`);
				writeFileSync(path, text);
				const ended = spawnSync("/usr/bin/direnv", ["dotenv", "json", path], {
					env: environment(home),
					encoding: "utf8",
				});
				return ended.status === 0 ? Object.entries(JSON.parse(ended.stdout)) : null;
			}),
		),
};

/** bash exports the variables of each file in a subshell, and prints what it did not have before. */
export const bash = {
	version: () => /version (\d+\.\d+\.\d+)/.exec(run("/bin/bash", ["--version"]))?.[1],
	read: (texts) =>
		inFolder((folder) => {
			for (const [index, text] of texts.entries()) writeFileSync(join(folder, `${index}.env`), text);
			return run("/bin/bash", [join(HERE, "bash.sh"), String(texts.length)], { cwd: folder })
				.split("\0\0")
				.slice(0, texts.length)
				.map((answer) => entries(answer.split("\0").slice(1)));
		}),
};

/** `NAME=VALUE` texts as pairs, without those that the program itself has. */
export function entries(lines) {
	const own = new Set(["PATH", "HOME", "LANG", "PWD", "SHLVL", "_", "OLDPWD"]);
	return lines
		.filter((line) => line.includes("="))
		.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)])
		.filter(([name]) => !own.has(name));
}

const DENO_PRINTS = "console.log(JSON.stringify(Object.entries(Deno.env.toObject())))";

/** A JavaScript runtime with `--env-file`: one process for each file. */
function runtime(command, args, prints) {
	return (texts) =>
		inFolder((folder) => {
			writeFileSync(join(folder, "print.js"), prints);
			return texts.map((text, index) => {
				writeFileSync(join(folder, `${index}.env`), text);
				const words = [...args, `--env-file=${index}.env`, "print.js"];
				const found = JSON.parse(
					run(command(), words, { cwd: folder, home: folder, env: { NO_COLOR: "1" } }),
				);
				return entries(found.map(([name, value]) => `${name}=${value}`)).filter(
					([name]) => name !== "NO_COLOR",
				);
			});
		});
}

/** The program itself. `deno` has only a script that copies it, and installations without scripts do not run that. */
function denoProgram() {
	const libc = process.report.getReport().header.glibcVersionRuntime === undefined ? "musl" : "glibc";
	const target =
		process.platform === "linux"
			? `${process.platform}-${process.arch}-${libc}`
			: `${process.platform}-${process.arch}`;
	const near = createRequire(require.resolve("deno/package.json"));
	return join(dirname(near.resolve(`@deno/${target}/package.json`)), "deno");
}

export const deno = {
	version: () => require("deno/package.json").version,
	read: runtime(denoProgram, ["run", "--quiet", "--no-config", "--allow-env"], DENO_PRINTS),
};
