set -e
F="-std=c++20 -O3 -fno-math-errno -fno-trapping-math -ffp-contract=off -I/tmp/wt_perf/csrc"
g++ $F -c /tmp/wt_perf/csrc/cpu/rowwise_avx512.cpp -o r.o
g++ $F hs.cpp r.o -o hs && ./hs && ./hs
