#!/usr/bin/python3
"""Known answers for tests/base/test_rng.c and test_hash.c.

The generators are written here a second time, from the papers alone (Steele, Lea and Flood, "Fast splittable
pseudorandom number generators", OOPSLA 2014; Blackman and Vigna, "Scrambled linear pseudorandom number generators",
ACM TOMS 2021), with Python's unbounded integers; BLAKE2b is that of Python's hashlib. Run it and compare.
"""
import hashlib

MASK = (1 << 64) - 1


def splitmix(state):
    state = (state + 0x9E3779B97F4A7C15) & MASK
    z = state
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return state, z ^ (z >> 31)


def rotl(x, k):
    return ((x << k) | (x >> (64 - k))) & MASK


class Xoshiro256StarStar:
    def __init__(self, words):
        self.s = list(words)

    @classmethod
    def seeded(cls, seed, stream):
        state = seed
        if stream:
            state ^= splitmix(stream)[1]
        words = []
        for _ in range(4):
            state, word = splitmix(state)
            words.append(word)
        return cls(words)

    def next(self):
        s = self.s
        result = (rotl((s[1] * 5) & MASK, 7) * 9) & MASK
        t = (s[1] << 17) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotl(s[3], 45)
        return result


def row(values):
    return ", ".join("UINT64_C(0x%016x)" % v for v in values)


def main():
    plain = Xoshiro256StarStar([1, 2, 3, 4])
    print("state 1,2,3,4:", row(plain.next() for _ in range(6)))
    for seed, stream in ((0, 0), (1, 0), (0, 1), (42, 7)):
        rng = Xoshiro256StarStar.seeded(seed, stream)
        print("seed %d, stream %d:" % (seed, stream), row(rng.next() for _ in range(4)))
    for text in (b"", b"abc", bytes(i % 251 for i in range(1000))):
        print("blake2b-256 of %d bytes:" % len(text), hashlib.blake2b(text, digest_size=32).hexdigest())


if __name__ == "__main__":
    main()
