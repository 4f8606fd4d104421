import { execFileSync } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { cryptoReady } from "../../src/crypto.ts";
import { formatIdentity, newIdentity } from "../../src/identity/identity.ts";
import { readIdentityFile, writeIdentityFile } from "../../src/identity/identity-file.ts";

const isRoot = process.getuid?.() === 0;

let folder: string;
let path: string;
beforeAll(() => cryptoReady);
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "coffer-identity-"));
	path = join(folder, "identity");
});
afterEach(() => rm(folder, { recursive: true }));

describe("identity files", () => {
	test("are written with private permissions, and can be read again", async () => {
		const identity = newIdentity();
		await writeIdentityFile(path, identity);
		expect((await stat(path)).mode & 0o777).toBe(0o600);
		expect(await readFile(path, "utf8")).toBe(`${formatIdentity(identity)}\n`);
		expect(await readIdentityFile(path)).toEqual(identity);
	});

	test("are never overwritten, and writing follows no link", async () => {
		await writeFile(path, "kept");
		await symlink(join(folder, "elsewhere"), join(folder, "link"));
		for (const name of ["identity", "link"]) {
			const writing = writeIdentityFile(join(folder, name), newIdentity());
			await expect(writing).rejects.toMatchObject({ code: "IDENTITY_FILE_EXISTS", exit: 5 });
		}
		expect(await readFile(path, "utf8")).toBe("kept");
		await expect(stat(join(folder, "elsewhere"))).rejects.toThrow("ENOENT");
	});

	test("cannot be written to a missing folder", async () => {
		const writing = writeIdentityFile(join(folder, "none", "identity"), newIdentity());
		await expect(writing).rejects.toMatchObject({ code: "IDENTITY_FILE_UNWRITABLE", exit: 1 });
		await expect(readIdentityFile(join(path, "none"))).rejects.toMatchObject({
			code: "IDENTITY_FILE_NOT_FOUND",
			exit: 3,
		});
	});

	test.each([0o600, 0o400, 0o700])("may have mode %o", async (mode) => {
		await writeIdentityFile(path, newIdentity());
		await chmod(path, mode);
		await readIdentityFile(path);
	});

	test.each([0o640, 0o604, 0o620, 0o602, 0o644, 0o666, 0o610])(
		"are refused with mode %o, and the error says what to do",
		async (mode) => {
			await writeIdentityFile(path, newIdentity());
			await chmod(path, mode);
			await expect(readIdentityFile(path)).rejects.toMatchObject({
				code: "IDENTITY_FILE_MODE",
				exit: 3,
				hint: `Run: chmod 600 ${path}`,
				message: expect.stringContaining(mode.toString(8)),
			});
		},
	);

	test("are refused if they are not regular files, without waiting", async () => {
		execFileSync("mkfifo", ["-m", "600", path]);
		await expect(readIdentityFile(path)).rejects.toMatchObject({ code: "IDENTITY_FILE_TYPE", exit: 3 });
		await mkdir(join(folder, "folder"), { mode: 0o700 });
		await expect(readIdentityFile(join(folder, "folder"))).rejects.toMatchObject({
			code: "IDENTITY_FILE_TYPE",
			exit: 3,
		});
		await expect(readIdentityFile("/dev/null")).rejects.toMatchObject({
			code: "IDENTITY_FILE_TYPE",
			exit: 3,
		});
	});

	test("are accepted through a symbolic link", async () => {
		const identity = newIdentity();
		await writeIdentityFile(path, identity);
		await symlink("identity", join(folder, "link"));
		expect(await readIdentityFile(join(folder, "link"))).toEqual(identity);
		await chmod(path, 0o644);
		await expect(readIdentityFile(join(folder, "link"))).rejects.toMatchObject({
			code: "IDENTITY_FILE_MODE",
		});
		await rm(path);
		await expect(readIdentityFile(join(folder, "link"))).rejects.toMatchObject({
			code: "IDENTITY_FILE_NOT_FOUND",
		});
	});

	test("are refused in a folder that everybody may write to, also through a link to it", async () => {
		const open = join(folder, "open");
		await mkdir(open);
		await writeIdentityFile(join(open, "identity"), newIdentity());
		await symlink(join(open, "identity"), path);
		await chmod(open, 0o777);
		const error = { code: "IDENTITY_FILE_DIRECTORY", exit: 3, hint: `Run: chmod o-w ${open}` };
		await expect(readIdentityFile(join(open, "identity"))).rejects.toMatchObject(error);
		await expect(readIdentityFile(path)).rejects.toMatchObject(error);
		await chmod(open, 0o1777);
		await readIdentityFile(path);
	});

	test("are refused if another user owns them", async () => {
		await writeIdentityFile(path, newIdentity());
		// Only root can change the owner of a file. For other users, the test uses a file of the system.
		if (isRoot) await chown(path, 12345, 12345);
		const foreign = isRoot ? path : "/etc/passwd";
		await expect(readIdentityFile(foreign)).rejects.toMatchObject({ code: "IDENTITY_FILE_OWNER", exit: 3 });
	});

	test.each(["", "\n", "nonsense", `coffer-identity-1.${"A".repeat(5000)}`])(
		"the content %# is refused",
		async (content) => {
			await writeFile(path, content, { mode: 0o600 });
			await expect(readIdentityFile(path)).rejects.toMatchObject({ code: "IDENTITY_MALFORMED", exit: 3 });
		},
	);
});
