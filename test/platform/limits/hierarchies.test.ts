/** Parsing of the kernel's descriptions of control groups, from many systems. */
import { describe, expect, test } from "vitest";
import { driversFor, groupName } from "../../../src/platform/limits/cgroup-drivers.ts";
import { hierarchiesOf } from "../../../src/platform/limits/hierarchies.ts";

const TMPFS = "31 23 0:28 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755";
const V2 = "35 24 0:30 / /sys/fs/cgroup rw,nosuid,nodev shared:9 - cgroup2 cgroup2 rw,nsdelegate";
const V2_BESIDE = "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw";
const CPU = "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct";
const PIDS = "39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids";
const NAMED = "40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd";

const lines = (...list: string[]) => `${list.join("\n")}\n`;

describe("hierarchies", () => {
	test("of version 2, in a systemd unit", () => {
		expect(hierarchiesOf(lines(V2), lines("0::/system.slice/coffer.service"))).toEqual([
			{
				version: 2,
				controllers: [],
				top: "/sys/fs/cgroup",
				own: "/sys/fs/cgroup/system.slice/coffer.service",
			},
		]);
	});

	test("of both versions, without duplicates, and a named hierarchy", () => {
		const cgroup = lines("9:name=systemd:/a", "8:pids:/user", "1:cpu,cpuacct:/", "0::/");
		expect(hierarchiesOf(lines(TMPFS, CPU, PIDS, NAMED, V2_BESIDE), cgroup)).toEqual([
			{
				version: 1,
				controllers: ["name=systemd"],
				top: "/sys/fs/cgroup/systemd",
				own: "/sys/fs/cgroup/systemd/a",
			},
			{ version: 1, controllers: ["pids"], top: "/sys/fs/cgroup/pids", own: "/sys/fs/cgroup/pids/user" },
			{
				version: 1,
				controllers: ["cpu", "cpuacct"],
				top: "/sys/fs/cgroup/cpu,cpuacct",
				own: "/sys/fs/cgroup/cpu,cpuacct/",
			},
			{ version: 2, controllers: [], top: "/sys/fs/cgroup/unified", own: "/sys/fs/cgroup/unified/" },
		]);
	});

	test.each([
		["its own group is what is mounted", "/docker/abc", "/docker/abc", "/sys/fs/cgroup"],
		["its own group lies below what is mounted", "/docker/abc", "/docker/abc/inner", "/sys/fs/cgroup/inner"],
		["its own group lies elsewhere", "/docker/abc", "/docker/abcdef", undefined],
		["its own group lies above its namespace's", "/", "/../..", undefined],
	])("in a container, where %s", (_, root, group, own) => {
		const mount = V2.replace(" / /sys", ` ${root} /sys`);
		expect(hierarchiesOf(lines(mount), lines(`0::${group}`))).toMatchObject([{ top: "/sys/fs/cgroup", own }]);
	});

	test("with spaces, colons and further mounts in their names", () => {
		const mount = "35 24 0:30 / /mnt/control\\040groups rw - cgroup2 none rw";
		expect(hierarchiesOf(lines(mount, V2), lines("0::/a:b c"))).toMatchObject([
			{ top: "/mnt/control groups", own: "/mnt/control groups/a:b c" },
		]);
	});

	test.each([
		["nothing that is mounted", lines("24 1 0:22 / /sys rw - sysfs sysfs rw"), lines("0::/")],
		["another system", "", ""],
		["invalid text", "a b - c\n- - -\n\n", "0:/\nx\n::\n"],
	])("are not found in %s", (_, mountinfo, cgroup) => {
		expect(hierarchiesOf(mountinfo, cgroup)).toEqual([]);
	});
});

describe("the driver", () => {
	const two = hierarchiesOf(lines(V2), "0::/\n");
	const both = hierarchiesOf(lines(CPU, PIDS, V2_BESIDE), "8:pids:/\n1:cpu,cpuacct:/\n0::/\n");
	const pids = hierarchiesOf(lines(PIDS), "8:pids:/\n");
	test.each([
		["version 2 alone", two, ["cpuset", "cpu", "io", "memory", "pids"], ["cgroup2"]],
		["both, the controllers with version 1", both, ["hugetlb"], ["cgroup1"]],
		[
			"both, the processor with version 2",
			both.filter(({ controllers }) => !controllers.includes("cpu")),
			["cpu"],
			["cgroup2", "cgroup1"],
		],
		["both, the processes alone with version 2", both, ["pids"], ["cgroup1", "cgroup2"]],
		["version 1 without the processor", pids, [], ["cgroup1"]],
		["version 2 without any controller", two, [], []],
		["nothing", [], ["cpu"], []],
	])("with %s", (_, hierarchies, controllers, expected) => {
		expect(driversFor(hierarchies, controllers)).toEqual(expected);
	});
});

test("the name of a platform's groups is the same at each start, and differs from every other platform's", () => {
	const name = groupName("/data/run", { dev: 1, ino: 2 });
	expect(name).toMatch(/^coffer-[0-9a-f]{16}$/);
	expect(groupName("/data/run", { dev: 1, ino: 2 })).toBe(name);
	const others = [
		groupName("/data2/run", { dev: 1, ino: 2 }),
		groupName("/data/run", { dev: 2, ino: 2 }),
		groupName("/data/run", { dev: 1, ino: 3 }),
	];
	expect(new Set([name, ...others]).size).toBe(4);
});
