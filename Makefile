# Two commands do everything on a fresh Debian 12:
#   make run    installs what the build needs, builds, and diagnoses this host
#   make test   installs what the tests need, builds, and runs all of them (as root: on the real
#               kernel too, in network namespaces of their own)
# Both take seconds when everything is there. CMake does the work: see CMakePresets.json.

.PHONY: run build test install bench lint clean

run: build
	./build/release/bin/tcpdx || test $$? -le 3

build:
	tools/install_packages.sh build
	cmake --preset release $(CONFIGURE)
	cmake --build --preset release

test:
	tools/install_packages.sh test
	cmake --preset dev $(CONFIGURE)
	cmake --build --preset dev
	tools/check_layers.py
	tools/translations.py complete
	ctest --preset all

install: build
	cmake --install build/release

bench:
	tools/install_packages.sh all
	bench/run.sh

lint:
	tools/install_packages.sh all
	tools/lint.sh

clean:
	rm -rf build
