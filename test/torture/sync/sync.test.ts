import { testTorture } from "../in-short.ts";
import { torture } from "./sync.torture.ts";

testTorture(torture, { seed: 1, rounds: 12, plants: ["a device that drops a record it had saved"] });
