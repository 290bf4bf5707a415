# Boot sectors that stand for guests. One is chosen with `as --defsym NAME=1`; setup.sh lists the names.
# Each says BOOTED on the first serial port when it runs, BUTTON when it hears the power button and OFF
# just before it switches itself off, so that a test can see what the guest went through.
.code16
.intel_syntax noprefix

# What PIIX4's power management looks like in VirtualBox.
.equ SMI_COMMAND, 0x442e
.equ ACPI_ENABLE, 0xa1
.equ PM1_STATUS, 0x4000
.equ PM1_CONTROL, 0x4004
.equ POWER_BUTTON, 0x0100
.equ SOFT_OFF, 0x3401
.equ COM1, 0x3f8
.equ COM1_LINE_STATUS, 0x3fd

# Until a guest has switched ACPI on, VirtualBox drops a button press.
.macro listen_to_acpi
    mov dx, SMI_COMMAND
    mov al, ACPI_ENABLE
    out dx, al
.endm

.macro wait_for_button
7:  mov dx, PM1_STATUS
    in ax, dx
    test ax, POWER_BUTTON
    jnz 8f
    sti
    hlt
    jmp 7b
8:  mov dx, PM1_STATUS
    mov ax, POWER_BUTTON
    out dx, ax
    mov si, offset button
    call say
.endm

# The timer ticks 18.2 times a second.
.macro wait_ticks count
    mov cx, \count
9:  sti
    hlt
    dec cx
    jnz 9b
.endm

.macro switch_off
    mov si, offset off
    call say
    mov dx, PM1_CONTROL
    mov ax, SOFT_OFF
    out dx, ax
    stop_here
.endm

.macro idle
6:  sti
    hlt
    jmp 6b
.endm

# Without a table of interrupts none can be handled: guru meditation.
.macro triple_fault
    cli
    lidt [no_interrupts]
    int3
no_interrupts: .word 0, 0, 0
.endm

.macro stop_here
5:  cli
    hlt
    jmp 5b
.endm

.globl _start
_start:
    cli
    xor ax, ax
    mov ds, ax
    mov ss, ax
    mov sp, 0x7c00
    ljmp 0, offset main
main:
    mov si, offset booted
    call say

.ifdef acpi                     # off as soon as the button is pressed
    listen_to_acpi
    wait_for_button
    switch_off
.endif
.ifdef acpislow                 # off 6 s after the button is pressed
    listen_to_acpi
    wait_for_button
    wait_ticks 110
    switch_off
.endif
.ifdef ignore                   # has no ACPI
    idle
.endif
.ifdef ignoreacpi               # has ACPI and does nothing about the button
    listen_to_acpi
    idle
.endif
.ifdef beat                     # deaf as well, and says a letter a second: a lost state starts again at `a`
    listen_to_acpi
    mov byte ptr [letter], 'a'
1:  wait_ticks 18
    mov si, offset letter
    call say
    inc byte ptr [letter]
    cmp byte ptr [letter], 'z'
    jbe 1b
    mov byte ptr [letter], 'a'
    jmp 1b
.endif
.ifdef spin                     # deaf, and keeps its processor busy
1:  jmp 1b
.endif
.ifdef selfoff                  # off by itself after about 3 s
    listen_to_acpi
    wait_ticks 55
    switch_off
.endif
.ifdef selfreset                # reboots by itself every 3 s or so
    wait_ticks 55
    mov al, 0xfe
    out 0x64, al
    stop_here
.endif
.ifdef triple                   # a triple fault after about 2 s: guru meditation
    wait_ticks 36
    triple_fault
.endif
.ifdef tripleonce               # the same, once: it notes that on its disk, and the next time it listens to the button
    cmp byte ptr [tripled], 0
    jne 1f
    inc byte ptr [tripled]
    xor ax, ax
    mov es, ax
    mov bx, 0x7c00
    mov ax, 0x0301              # write one sector, the first, from es:bx, to the disk that was booted from
    mov cx, 1
    mov dx, 0x0080
    int 0x13
    triple_fault
1:  listen_to_acpi
    wait_for_button
    switch_off
tripled: .byte 0
.endif

# Says the text at si, on the screen and on the serial port.
say:
    cld
1:  lodsb
    or al, al
    jz 3f
    push ax
    mov ah, 0x0e
    mov bx, 7
    int 0x10
    mov dx, COM1_LINE_STATUS
2:  in al, dx
    test al, 0x20
    jz 2b
    pop ax
    mov dx, COM1
    out dx, al
    jmp 1b
3:  ret

booted: .asciz "BOOTED\r\n"
button: .asciz "BUTTON\r\n"
off:    .asciz "OFF\r\n"
letter: .asciz "a"

.org 510
.word 0xaa55
