# SPDX-License-Identifier: MIT
# Two commands: `make run` and `make test`. Both install what is missing first and ask for nothing but
# a sudo password; when everything is there they neither ask nor touch a package manager.

.PHONY: help run test bench install-deps clean

help:
	@echo "make run           build HyperZoom and open its window; without a display, play a whole call and report"
	@echo "make test          build everything and pass every test"
	@echo "make bench         the long measurements, with their numbers"
	@echo "make install-deps  only install what is missing, tools of the tests included"
	@echo "make clean         remove everything that was built"

run:
	@tools/install.sh run
	@tools/run.sh

test:
	@tools/install.sh test
	@tools/test.sh

bench:
	@tools/install.sh test
	@tools/bench.sh

install-deps:
	@tools/install.sh test

clean:
	@tools/clean.sh
